// The flash chip (W25Q16JV) and the boot ROM's routines that program it. The routines work through SSI
// and pads that rp2040js has not; what they do is done here when the processor gets to them, and takes
// the time that the chip takes. The firmware holds its interrupts off meanwhile, as on the real thing.
import { BasePeripheral, RPSSI } from './rp2040js.mjs';

export const SECTOR = 4096, PAGE = 256;

/** Typical times of the data sheet; `first` byte of a page, each `further` one, up to a whole `page`. */
export const TIMES = { first: 30e3, further: 2.5e3, page: 400e3, sector: 45e6, overhead: 20e3 };

export class FlashChip {
    constructor(bytes, serial) {
        this.bytes = new Uint8Array(16 * 1024 * 1024).fill(0xff); // all that rp2040js can address
        this.size = bytes;
        this.serial = serial;
        this.times = { ...TIMES };
        this.counts = { erases: 0, programs: 0, programmed: 0 };
        this.onWork = () => {}; // ({ op, address, length })
    }

    /** Erases whole sectors; `spend(nanos)` lets time pass and returns how much of it there was power. */
    erase(address, length, spend) {
        this.#check(address, length, SECTOR);
        for (let at = address; at < address + length; at += SECTOR) {
            this.counts.erases++;
            this.onWork({ op: 'erase', address: at, length: SECTOR });
            const part = spend(this.times.sector);
            if (part < 1) return this.#erasePartly(at, part);
            this.bytes.fill(0xff, at, at + SECTOR);
        }
    }
    /** Programs whole pages: bits only ever go from 1 to 0. */
    program(address, data, spend) {
        this.#check(address, data.length, PAGE);
        for (let from = 0; from < data.length; from += PAGE) {
            const page = data.subarray(from, from + PAGE);
            const { overhead, first, further, page: longest } = this.times;
            const changed = page.reduce((count, byte) => count + (byte !== 0xff ? 1 : 0), 0);
            this.counts.programs++;
            this.counts.programmed += changed;
            this.onWork({ op: 'program', address: address + from, length: changed });
            const part = spend(overhead + Math.min(longest, first + further * (PAGE - 1)));
            if (part < 1) return this.#programPartly(address + from, page, part);
            for (let i = 0; i < PAGE; i++) this.bytes[address + from + i] &= page[i];
        }
    }
    #check(address, length, unit) {
        if (address % unit || length % unit || address + length > this.size) {
            throw new Error(`flash work at 0x${address.toString(16)}+${length} is not on this chip`);
        }
    }
    // What a cell holds when power goes in the middle is not written anywhere: some bits are done.
    #erasePartly(at, part) {
        for (let i = 0; i < SECTOR; i++) this.bytes[at + i] |= this.#bits(part);
    }
    #programPartly(at, page, part) {
        const inOrder = this.chance() < 0.5; // byte after byte, or all at once
        const done = Math.floor(part * PAGE);
        for (let i = 0; i < PAGE; i++) {
            const reached = inOrder ? (i < done ? 0xff : i === done ? this.#bits(0.5) : 0) : this.#bits(part);
            this.bytes[at + i] &= page[i] | (~reached & 0xff);
        }
    }
    /** A byte whose bits are set with this likelihood. */
    #bits(likelihood) {
        let bits = 0;
        for (let i = 0; i < 8; i++) if (this.chance() < likelihood) bits |= 1 << i;
        return bits;
    }
    chance = Math.random; // whoever wants to repeat a run sets a seeded one
}

/** The SSI as far as the second boot stage and the commands for identification need it. */
export class Ssi extends RPSSI {
    constructor(mcu, chip) {
        super(mcu, 'SSI');
        this.chip = chip;
        this.answer = [];
    }
    readUint32(offset) {
        if (offset === 0x28 && this.answering) return 0x06 | (this.answer.length ? 8 : 0); // SR
        if (offset === 0x60 && this.answering) return this.answer.shift() ?? 0; // DR
        return super.readUint32(offset);
    }
    writeUint32(offset, value) {
        if (offset === 0x08) this.answering = false; // SSIENR
        if (offset === 0x60 && (this.crtlr0 & 0x300) === 0x300 && !this.answering) { // EEPROM read
            const command = value & 0xff;
            if (command === 0x4b) this.#say([0, 0, 0, 0, ...this.chip.serial]);
            if (command === 0x9f) this.#say([0xef, 0x40, 0x15]);
        }
        super.writeUint32(offset, value);
    }
    #say(bytes) {
        this.answering = true;
        this.answer = bytes;
    }
}

/** XIP_CTRL: no stream under way, cache always flushed. */
export class XipCtrl extends BasePeripheral {
    readUint32(offset) {
        return offset === 8 ? 3 : 0;
    }
    writeUint32() {}
}
