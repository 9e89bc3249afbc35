// What a person sees, hears and presses.
import { BasePeripheral } from './rp2040js.mjs';

/** Which pin is wired to what: hardware/boards/pico. */
export const WIRING = { tx: 0, rx: 1, button: 2, green: 3, red: 4, beeper: 5 };

export class Pins {
    constructor(mcu, pressed, onChange) {
        this.mcu = mcu;
        this.press(pressed);
        for (const name of ['green', 'red']) {
            mcu.gpio[WIRING[name]].addListener(value => onChange(name, value === 1));
        }
        this.#listen(onChange);
    }
    /** The button pulls its pin to ground. */
    press(pressed) {
        this.mcu.gpio[WIRING.button].setInputValue(!pressed);
    }
    #listen(onChange) {
        const { pwm } = this.mcu;
        const channel = pwm.channels[WIRING.beeper >> 1], write = pwm.writeUint32.bind(pwm);
        let last = 0;
        pwm.writeUint32 = (offset, value) => {
            write(offset, value);
            const compare = WIRING.beeper & 1 ? channel.cc >>> 16 : channel.cc & 0xffff;
            const divider = channel.div / 16 || 256;
            const sounds = channel.csr & 1 && compare > 0 && compare <= channel.top;
            const hertz = sounds ? Math.round(this.mcu.clkSys / divider / (channel.top + 1)) : 0;
            if (hertz !== last) onChange('beeper', hertz);
            last = hertz;
        };
    }
}

/** The ring oscillator, whose last bit is chance. */
export class RingOscillator extends BasePeripheral {
    chance = Math.random;
    readUint32(offset) {
        return offset === 0x1c ? (this.chance() < 0.5 ? 1 : 0) : 0xffffffff;
    }
    writeUint32() {}
}

/** Voltage regulator, and what reset the chip last. */
export class ChipReset extends BasePeripheral {
    constructor(mcu, cause) {
        super(mcu, 'VREG_AND_CHIP_RESET');
        this.cause = { power: 1 << 8, run: 1 << 16 }[cause] ?? 0;
    }
    readUint32(offset) {
        return offset === 8 ? this.cause : 0xffffffff;
    }
    writeUint32() {}
}
