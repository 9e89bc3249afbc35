// The UART (PrimeCell PL011; RP2040 datasheet 4.2), in place of rp2040js', which keeps TXRIS asserted
// for ever and moves bytes in no time.
//
// Modelled: both FIFOs and their trigger levels, byte times from the divisors, the receive time-out of
// 32 bit periods, framing errors, breaks, overruns, DMA requests. Not: modem lines, loopback, parity.
//
// The far end is a `Line`, which has a speed of its own and outlives a reset of the chip.
import { BasePeripheral } from './rp2040js.mjs';

const LEVELS = [4, 8, 16, 24, 28]; // bytes of 32, by IFLS
const RX = 1 << 4, TX = 1 << 5, TIMEOUT = 1 << 6, FRAMING = 1 << 7, BREAK = 1 << 9, OVERRUN = 1 << 10;
const DR_FRAMING = 0x100, DR_BREAK = 0x400, DR_OVERRUN = 0x800;
const UARTEN = 1, TXE = 1 << 8, RXE = 1 << 9;
const FIFOS = 0x10, EIGHT_BITS_NO_PARITY_ONE_STOP = 0x60, FORMAT = 0x6a;
const ID = { 0xfe0: 0x11, 0xfe4: 0x10, 0xfe8: 0x34, 0xfec: 0, 0xff0: 0x0d, 0xff4: 0xf0, 0xff8: 5, 0xffc: 0xb1 };

/** What a byte looks like to whoever samples it at the wrong moments. */
const garble = byte => byte ^ 0xa5;

/** The wires between the UART's pins and the scan engine: 8N1 at the engine's speed. */
export class Line {
    /** `wired(name)`: whether the pin named 'tx' or 'rx' is one of this UART's just now. */
    constructor(baud, wired) {
        this.baud = baud;
        this.wired = wired;
        this.waiting = []; // { byte, framing, isBreak }
        this.onByte = () => {}; // (byte): the engine gets one
        this.onDelivered = () => {}; // (): the last waiting byte arrived
        this.onWaiting = () => {}; // for the UART
    }
    byteNanos() {
        return 1e10 / this.baud;
    }
    send(bytes, marks = {}) {
        for (const byte of bytes) this.waiting.push({ byte, ...marks });
        this.onWaiting();
    }
}

export class Pl011 extends BasePeripheral {
    constructor(mcu, name, irq, dreq, line) {
        super(mcu, name);
        Object.assign(this, { irq, dreq, line });
        Object.assign(this, { ibrd: 0, fbrd: 0, lcr: 0, cr: 0x300, ifls: 0x12, imsc: 0, ris: 0, dmacr: 0 });
        Object.assign(this, { rx: [], tx: [], overran: false, overruns: 0, receiving: false, shifting: false });
        const { clock } = mcu;
        this.arrival = clock.createAlarm(() => this.#arrive());
        this.silence = clock.createAlarm(() => this.#fallSilent());
        this.shift = clock.createAlarm(() => this.#shifted());
        if (line) line.onWaiting = () => this.#expect();
        if (line) this.#expect();
    }

    get depth() {
        return this.lcr & FIFOS ? 32 : 1;
    }
    get rxLevel() {
        return this.lcr & FIFOS ? LEVELS[(this.ifls >> 3) & 7] : 1;
    }
    get txLevel() {
        return this.lcr & FIFOS ? LEVELS[this.ifls & 7] : 0;
    }
    get bitNanos() {
        const divisor = this.ibrd + this.fbrd / 64;
        return divisor ? (16e9 * divisor) / this.rp2040.clkPeri : 0;
    }
    get baud() {
        return this.bitNanos ? Math.round(1e9 / this.bitNanos) : 0;
    }
    /** Whether both ends understand each other: 3 % is what a UART can bear. */
    get agrees() {
        return Math.abs(this.baud / this.line.baud - 1) < 0.03
            && (this.lcr & FORMAT) === EIGHT_BITS_NO_PARITY_ONE_STOP;
    }

    // ---- from the engine
    #expect() {
        if (this.receiving || !this.line.waiting.length) return;
        this.receiving = true;
        this.arrival.schedule(this.line.byteNanos());
    }
    #arrive() {
        this.receiving = false;
        if (!this.line.waiting.length) return; // its power went
        const { byte, framing, isBreak } = this.line.waiting.shift();
        const listens = (this.cr & (UARTEN | RXE)) === (UARTEN | RXE) && this.line.wired('rx');
        if (listens) this.#receive(this.agrees ? byte : garble(byte), framing || !this.agrees, isBreak);
        if (!this.line.waiting.length) this.line.onDelivered();
        this.#expect();
    }
    #receive(byte, framing, isBreak) {
        if (this.rx.length >= this.depth) {
            this.overran = true;
            this.overruns++;
            this.ris |= OVERRUN;
        } else {
            let value = byte;
            if (framing) value |= DR_FRAMING, this.ris |= FRAMING;
            if (isBreak) value = DR_BREAK, this.ris |= BREAK;
            if (this.overran) value |= DR_OVERRUN, this.overran = false;
            this.rx.push(value);
            if (this.rx.length >= this.rxLevel) this.ris |= RX;
        }
        this.silence.schedule(this.bitNanos * 32);
        this.#interrupt();
        this.#request();
    }
    #fallSilent() {
        if (!this.rx.length) return;
        this.ris |= TIMEOUT;
        this.#interrupt();
    }
    #take() {
        const value = this.rx.shift() ?? 0;
        if (this.rx.length < this.rxLevel) this.ris &= ~RX;
        this.ris &= ~TIMEOUT;
        if (this.rx.length) this.silence.schedule(this.bitNanos * 32);
        this.#interrupt();
        this.#request();
        return value;
    }

    // ---- to the engine
    #put(byte) {
        if ((this.cr & (UARTEN | TXE)) !== (UARTEN | TXE)) return;
        if (this.tx.length < this.depth + 1) this.tx.push(byte);
        this.#request();
        this.#shiftNext();
    }
    #shiftNext() {
        if (this.shifting || !this.tx.length) return;
        this.shifting = true;
        this.shift.schedule(this.bitNanos * 10);
    }
    #shifted() {
        this.shifting = false;
        const byte = this.tx.shift();
        if (byte === undefined) return;
        if (this.line.wired('tx')) this.line.onByte(this.agrees ? byte : garble(byte));
        if (this.tx.length === this.txLevel) {
            this.ris |= TX; // on crossing the level, not below it
            this.#interrupt();
        }
        this.#request();
        this.#shiftNext();
    }

    /** Asks DMA for what can be moved now. */
    #request() {
        const { dma } = this.rp2040;
        const wish = (channel, wanted) => (wanted ? dma.setDREQ(channel) : dma.clearDREQ(channel));
        wish(this.dreq.rx, this.dmacr & 1 && this.rx.length);
        wish(this.dreq.tx, this.dmacr & 2 && this.tx.length < this.depth);
    }

    #interrupt() {
        this.rp2040.setInterrupt(this.irq, !!(this.ris & this.imsc));
    }
    get #flags() {
        return (this.tx.length ? 0 : 0x80) | (this.rx.length >= this.depth ? 0x40 : 0)
            | (this.tx.length >= this.depth ? 0x20 : 0) | (this.rx.length ? 0 : 0x10) | (this.shifting ? 8 : 0);
    }
    readUint32(offset) {
        switch (offset) {
            case 0x00: return this.#take();
            case 0x04: return 0;
            case 0x18: return this.#flags;
            case 0x24: return this.ibrd;
            case 0x28: return this.fbrd;
            case 0x2c: return this.lcr;
            case 0x30: return this.cr;
            case 0x34: return this.ifls;
            case 0x38: return this.imsc;
            case 0x3c: return this.ris;
            case 0x40: return this.ris & this.imsc;
            case 0x48: return this.dmacr;
        }
        return ID[offset] ?? super.readUint32(offset);
    }
    writeUint32(offset, value) {
        switch (offset) {
            case 0x00: return this.#put(value & 0xff);
            case 0x04: return;
            case 0x24: this.ibrd = value & 0xffff; return;
            case 0x28: this.fbrd = value & 0x3f; return;
            case 0x2c: this.lcr = value & 0xff; return;
            case 0x30: this.cr = value & 0xffff; return;
            case 0x34: this.ifls = value & 0x3f; return;
            case 0x38: this.imsc = value & 0x7ff; return this.#interrupt();
            case 0x44: this.ris &= ~this.rawWriteValue; return this.#interrupt();
            case 0x48: this.dmacr = value & 7; return this.#request();
        }
        super.writeUint32(offset, value);
    }
}
