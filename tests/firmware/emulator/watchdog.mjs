// The watchdog (RP2040 datasheet 4.7), in place of rp2040js', which bites a program that feeds it.
//
// Its counter goes down by two every microsecond (erratum RP2040-E1). Not modelled: pausing for a debugger.
import { BasePeripheral } from './rp2040js.mjs';

const CTRL = 0x00, LOAD = 0x04, REASON = 0x08, SCRATCH = 0x0c, TICK = 0x2c;
const TRIGGER = 0x80000000, ENABLE = 0x40000000;
const NANOS_PER_COUNT = 500;
export const TIMER = 1, FORCE = 2;

export class Watchdog extends BasePeripheral {
    constructor(mcu, { scratch, reason }) {
        super(mcu, 'WATCHDOG');
        this.scratch = scratch.slice();
        this.reason = reason;
        this.loaded = 0xffffff;
        this.control = 0;
        this.since = mcu.clock.nanos;
        this.alarm = mcu.clock.createAlarm(() => this.#bite(TIMER));
        this.onBite = () => {}; // (reason)
    }
    #bite(reason) {
        this.reason = reason;
        this.control = 0;
        this.onBite(reason);
    }
    #restart() {
        this.since = this.rp2040.clock.nanos;
        this.alarm.cancel();
        if (this.control & ENABLE) this.alarm.schedule(this.loaded * NANOS_PER_COUNT);
    }
    readUint32(offset) {
        const passed = Math.floor((this.rp2040.clock.nanos - this.since) / NANOS_PER_COUNT);
        if (offset === CTRL) return (this.control | Math.max(this.loaded - passed, 0)) >>> 0;
        if (offset === REASON) return this.reason;
        if (offset >= SCRATCH && offset < TICK) return this.scratch[(offset - SCRATCH) >> 2];
        if (offset === TICK) return 0x600;
        return super.readUint32(offset);
    }
    writeUint32(offset, value) {
        if (offset === CTRL) {
            const enabled = value & ENABLE;
            const changed = enabled !== (this.control & ENABLE);
            this.control = enabled;
            if (changed) this.#restart();
            if (value & TRIGGER) this.#bite(FORCE);
        } else if (offset === LOAD) {
            this.loaded = value & 0xffffff;
            this.#restart();
        } else if (offset >= SCRATCH && offset < TICK) {
            this.scratch[(offset - SCRATCH) >> 2] = value;
        } else if (offset !== TICK) {
            super.writeUint32(offset, value);
        }
    }
}
