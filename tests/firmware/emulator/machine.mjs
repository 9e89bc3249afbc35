// A Pico on a bench: flash chip, scan engine's line, USB host and buttons stay, while the chip between
// them is powered, reset and powered off. Time is simulated: `run` goes on until a moment or an event.
import { bootable } from './boot_rom.mjs';
import { FlashChip, Ssi, XipCtrl } from './flash_chip.mjs';
import { Clock } from './clock.mjs';
import { ChipReset, Pins, RingOscillator, WIRING } from './pins.mjs';
import { Line, Pl011 } from './pl011.mjs';
import { RP2040 } from './rp2040js.mjs';
import { Rtt } from './rtt.mjs';
import { UsbHost } from './usb_host.mjs';
import { FORCE, Watchdog } from './watchdog.mjs';

const CYCLE = 8; // nanoseconds at 125 MHz
const BOOT_STAGE_2 = 0x20041f00, FLASH = 0x10000000;
const AIRCR = 0xd0c, SYSRESETREQ = 4;

/** Numbers of chance that come the same again. */
export function seeded(seed) {
    let state = seed >>> 0 || 1;
    return () => {
        state ^= state << 13, state ^= state >>> 17, state ^= state << 5;
        return (state >>> 0) / 2 ** 32;
    };
}

export class Machine {
    constructor({ rom, flashBytes, serial, baud, wiring, seed = 1 }) {
        this.rom = rom;
        this.wiring = { ...WIRING, ...wiring };
        this.chance = seeded(seed);
        this.flash = new FlashChip(flashBytes, serial);
        this.flash.chance = this.chance;
        this.flash.onWork = work => this.tell('flash', work);
        this.clock = new Clock();
        this.line = new Line(baud, name => this.mcu?.gpio[this.wiring[name]].functionSelect === 2);
        this.line.onByte = byte => this.tell('uart', { hex: hex([byte]) });
        this.line.onDelivered = () => this.tell('delivered', {});
        this.rtt = new Rtt();
        this.host = { asleep: false, absent: false };
        this.pressed = false;
        this.events = [];
        this.instructions = this.cycles = 0;
        this.cutAt = Infinity;
    }

    get now() {
        return this.clock.nanos;
    }
    tell(kind, facts) {
        this.events.push({ at: Math.round(this.now), kind, ...facts });
    }

    // ---- power and reset
    powerOn(cause = 'power') {
        const memory = new Uint8Array(264 * 1024).map(() => this.chance() * 256); // RAM wakes up as it likes
        this.#start({ memory, cause, scratch: new Uint32Array(8), reason: 0 });
    }
    powerOff() {
        if (this.mcu) this.rtt.drain(this.mcu);
        this.mcu = this.core = undefined;
        this.line.waiting = []; // the engine lives on the same supply
        this.cutAt = Infinity;
        this.tell('power', { on: false });
    }
    /** A warm start: RAM, scratch registers and flash stay. */
    #reset(cause, reason) {
        this.rtt.drain(this.mcu);
        this.tell('reset', { cause });
        this.again = { memory: this.mcu.sram, cause: 'warm', scratch: this.watchdog.scratch, reason };
    }
    #start({ memory, cause, scratch, reason }) {
        if (!bootable(this.flash.bytes)) {
            this.mcu = this.core = undefined;
            return this.tell('boot_loader', { why: 'no second boot stage' });
        }
        // A clock of its own, so that no alarm of the last run goes off in this one.
        this.clock = new Clock(this.now);
        const mcu = (this.mcu = new RP2040(this.clock));
        this.core = mcu.core;
        mcu.logger = new Remarks(mcu.core, text => this.tell('complaint', { text }));
        mcu.onBreak = code => this.#halt(`breakpoint ${code}`);
        this.#memories(mcu, memory);
        this.#peripherals(mcu, cause, scratch, reason);
        this.hooks = this.rom.hooks(mcu, this.#romWork(mcu));
        mcu.sram.set(this.flash.bytes.subarray(0, 256), BOOT_STAGE_2 - 0x20000000);
        mcu.core.SP = this.rom.words[0];
        mcu.core.registers[14] = 0; // the second stage then goes to the vector table by itself
        mcu.core.PC = BOOT_STAGE_2;
    }
    #memories(mcu, memory) {
        mcu.bootrom.set(this.rom.words);
        mcu.sram.set(memory);
        mcu.flash = this.flash.bytes;
        mcu.flash16 = new Uint16Array(mcu.flash.buffer);
        mcu.flashView = new DataView(mcu.flash.buffer);
    }
    #peripherals(mcu, cause, scratch, reason) {
        const { peripherals } = mcu;
        peripherals[0x14000] = new XipCtrl(mcu, 'XIP_CTRL');
        peripherals[0x18000] = new Ssi(mcu, this.flash);
        peripherals[0x40034] = mcu.uart[0] = this.uart = new Pl011(mcu, 'UART0', 20, { tx: 20, rx: 21 }, this.line);
        peripherals[0x40038] = mcu.uart[1] = new Pl011(mcu, 'UART1', 21, { tx: 22, rx: 23 });
        peripherals[0x40060] = Object.assign(new RingOscillator(mcu, 'ROSC'), { chance: this.chance });
        peripherals[0x40064] = new ChipReset(mcu, cause);
        peripherals[0x40058] = this.watchdog = new Watchdog(mcu, { scratch, reason });
        this.watchdog.onBite = why => this.#reset(why === FORCE ? 'forced' : 'watchdog', why);
        const writePpb = mcu.ppb.writeUint32.bind(mcu.ppb);
        mcu.ppb.writeUint32 = (offset, value) =>
            offset === AIRCR && value & SYSRESETREQ ? this.#reset('asked', 0) : writePpb(offset, value);
        const readDma = mcu.dma.readUint32.bind(mcu.dma); // CHAN_ABORT: done at once
        mcu.dma.readUint32 = offset => (offset === 0x444 ? 0 : readDma(offset));
        this.pins = new Pins(mcu, this.pressed, (name, value) => this.tell('pin', { name, value }));
        this.usb = new UsbHost(mcu, {
            ...this.host,
            onData: bytes => this.tell('cdc', { hex: hex(bytes) }),
            onState: (state, facts) => this.tell('usb', { state, ...facts }),
        });
    }
    #halt(why) {
        this.tell('halted', { why, pc: this.core.PC });
        this.halted = true;
    }

    /** Leaves the processor in a loop of one instruction, deaf to interrupts. */
    hang() {
        const { core, mcu } = this;
        const place = 0x20041000; // bank 5, which the firmware does not use
        mcu.writeUint16(place, 0xe7fe); // b .
        Object.assign(core, { PC: place, waiting: false, PM: true });
    }

    // ---- the boot ROM's routines that are not run as they are
    #romWork(mcu) {
        const argument = n => mcu.core.registers[n] >>> 0;
        const spend = nanos => this.#spend(nanos);
        const nothing = () => {};
        return {
            IF: nothing, EX: nothing, FC: nothing, CX: nothing,
            RE: () => this.flash.erase(argument(0), argument(1), spend),
            RP: () => {
                const data = Uint8Array.from({ length: argument(2) }, (_, i) => mcu.readUint8(argument(1) + i));
                this.flash.program(argument(0), data, spend);
            },
            UB: () => {
                this.tell('boot_loader', { why: 'asked' });
                this.rtt.drain(mcu);
                this.mcu = this.core = undefined;
            },
        };
    }
    /** Lets time pass in a routine; less than 1 if power went meanwhile. */
    #spend(nanos) {
        const left = this.cutAt - this.now;
        if (left >= nanos) {
            this.clock.tick(nanos);
            return 1;
        }
        this.clock.tick(Math.max(left, 0));
        return Math.max(left, 0) / nanos;
    }

    // ---- time
    /** Runs until `until` nanoseconds, or until an event of one of these kinds was told. */
    run(until, kinds) {
        let seen = this.events.length;
        const limit = Math.min(until, this.cutAt);
        while (this.now < limit) {
            if (!this.core || this.halted) {
                this.clock.tick(limit - this.now);
            } else {
                this.#step(limit);
            }
            if (this.again) this.#restart();
            for (; seen < this.events.length; seen++) {
                if (kinds.has(this.events[seen].kind)) return this.#pause();
            }
        }
        if (this.now >= this.cutAt) this.powerOff();
        this.#pause();
    }
    #pause() {
        if (this.mcu) this.rtt.drain(this.mcu);
    }
    #restart() {
        const { again } = this;
        this.again = undefined;
        this.#start(again);
    }
    /** One instruction, one routine of the ROM, or sleep until something wakes the processor. */
    #step(limit) {
        const { core, clock } = this;
        if (core.waiting) {
            const next = clock.nanosToNextAlarm || 1e6;
            return clock.tick(Math.min(next, limit - clock.nanos));
        }
        const work = core.PC < 0x4000 ? this.hooks.get(core.PC) : undefined;
        if (work) {
            work();
            core.PC = core.LR & ~1;
            return clock.tick(1000);
        }
        const cycles = core.executeInstruction();
        this.instructions++;
        this.cycles += cycles;
        clock.tick(cycles * CYCLE);
    }
    /** What the chip has done so far, for whoever measures. */
    counters() {
        const { cycles, instructions } = this;
        return { cycles, instructions, baud: this.uart?.baud, overruns: this.uart?.overruns, ...this.flash.counts };
    }
}

/** rp2040js' remarks: what it does not model is a finding, most of the rest is noise. */
class Remarks {
    constructor(core, complain) {
        this.core = core;
        this.complain = complain;
    }
    debug() {}
    info(part, text) {
        // It tells of the instruction and does nothing more: the next WFE would sleep.
        if (text === 'SEV') this.core.eventRegistered = true;
    }
    warn(part, text) {
        if (part === 'USB' && text.endsWith(': 0x0')) return; // embassy clears every register at first
        if (!/^(Unimplemented|Read from invalid|Write to undefined)/.test(text)) return;
        this.complain(`${part}: ${text}`);
    }
    error(part, text) {
        this.complain(`${part}: ${text}`);
    }
}

export const hex = bytes => Buffer.from(bytes).toString('hex');
