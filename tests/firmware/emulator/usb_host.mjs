// A USB host in miniature: enumerates as Linux does, binds CDC-ACM, then moves bulk data. An endpoint
// without a buffer is asked again later (NAK), a stall and a device that says nothing are reported.
//
// What takes several steps is a generator that yields what it waits for, and not a promise: everything
// happens in simulated time, within one call of `run`.
import { UsbBus } from './usb_bus.mjs';

const PATIENCE = 500e6; // nanoseconds for a control transfer
const DEVICE = 1, CONFIGURATION = 2, STRING = 3, INTERFACE = 4, ENDPOINT = 5;

export class UsbHost {
    /** `onData(bytes)`, `onState(state, facts)`. */
    constructor(mcu, { onData, onState, asleep = false, absent = false }) {
        Object.assign(this, { onData, onState, absent });
        this.bus = new UsbBus(mcu);
        this.bus.poll(!asleep);
        this.asleep = asleep;
        this.outgoing = [];
        this.ready = false;
        this.attached = false;
        this.bus.onAttached = () => {
            this.attached = true;
            if (!this.absent) this.connect();
        };
        this.bus.onIn = (endpoint, bytes) => this.#in(endpoint, bytes);
        this.bus.onOutArmed = endpoint => (endpoint ? this.#pump() : this.#endpointZero());
        this.bus.onStall = () => this.#finish(new Error('stall'));
    }

    /** A cable is plugged in, or the host has started again. */
    connect() {
        this.absent = false;
        if (!this.attached) return;
        this.ready = false;
        this.transfer = undefined;
        this.#perform(this.#enumerate());
    }
    /** The host sleeps: it neither asks for data nor sends any. */
    sleep(asleep) {
        this.asleep = asleep;
        this.bus.poll(!asleep);
        if (!asleep) this.#pump();
    }
    send(bytes) {
        this.outgoing.push(...bytes);
        this.#pump();
    }
    /** DTR and RTS: whether a program has the port open. */
    setLines(open) {
        if (this.ready) this.#perform(this.#lines(open));
    }
    *#lines(open) {
        yield this.#control(0x21, 0x22, open ? 3 : 0, this.communication, 0);
    }

    /** Goes through the steps of a generator: each is a function that is told what to call when done. */
    #perform(steps) {
        const go = (how, value) => {
            try {
                const step = steps[how](value);
                if (!step.done) step.value(result => go('next', result), error => go('throw', error));
            } catch (error) {
                this.onState('failed', { why: error.message });
            }
        };
        go('next');
    }

    *#enumerate() {
        yield this.#reset();
        yield this.#control(0x80, 6, DEVICE << 8, 0, 64);
        yield this.#reset();
        yield this.#control(0x00, 5, 1, 0, 0); // SET_ADDRESS
        const device = yield this.#control(0x80, 6, DEVICE << 8, 0, 18);
        const head = yield this.#control(0x80, 6, CONFIGURATION << 8, 0, 9);
        const length = head[2] | (head[3] << 8);
        const configuration = yield this.#control(0x80, 6, CONFIGURATION << 8, 0, length);
        if (configuration.length !== length) throw new Error('the configuration is cut short');
        this.#bind(configuration);
        const facts = {
            vendor: device[8] | (device[9] << 8),
            product: device[10] | (device[11] << 8),
            maker: yield* this.#string(device[14]),
            name: yield* this.#string(device[15]),
            serial: yield* this.#string(device[16]),
            milliamperes: configuration[8] * 2,
        };
        yield this.#control(0x00, 9, configuration[5], 0, 0); // SET_CONFIGURATION
        const coding = Uint8Array.of(0x00, 0xc2, 0x01, 0, 0, 0, 8); // 115200 8N1; means nothing here
        yield this.#control(0x21, 0x20, 0, this.communication, 7, coding);
        yield* this.#lines(true);
        this.ready = true;
        this.onState('configured', facts);
        this.#pump();
    }
    #bind(configuration) {
        let kind;
        for (let at = 0; at < configuration.length; at += configuration[at]) {
            if (!configuration[at]) throw new Error('a descriptor without length');
            if (configuration[at + 1] === INTERFACE) {
                kind = configuration[at + 5];
                if (kind === 2) this.communication = configuration[at + 2];
            }
            const isBulk = configuration[at + 1] === ENDPOINT && (configuration[at + 3] & 3) === 2;
            if (!isBulk || kind !== 10) continue;
            const address = configuration[at + 2];
            if (address & 0x80) this.endpointIn = address & 15;
            else this.endpointOut = address;
        }
        if (this.communication === undefined || !this.endpointIn || !this.endpointOut) {
            throw new Error('not a CDC-ACM device');
        }
    }
    *#string(index) {
        if (!index) return undefined;
        const descriptor = yield this.#control(0x80, 6, (STRING << 8) | index, 0x409, 255);
        return Buffer.from(descriptor.subarray(2)).toString('utf16le');
    }

    #reset() {
        this.endpointZero = undefined;
        return resolve => this.bus.reset(resolve);
    }
    #control(type, request, value, index, length, data) {
        const setup = Uint8Array.of(type, request, value & 255, value >> 8, index & 255, index >> 8, length & 255, length >> 8);
        return (resolve, reject) => {
            const transfer = { reads: !!(type & 0x80), length, data, got: [], resolve, reject };
            transfer.name = `control transfer ${type.toString(16)}/${request}/${value.toString(16)}`;
            this.bus.after(50_000, () => {
                this.transfer = transfer;
                this.bus.setup(setup);
                this.bus.after(PATIENCE, () => {
                    if (this.transfer === transfer) this.#finish(new Error('no answer'));
                });
            });
        };
    }
    #finish(error) {
        const { transfer } = this;
        if (!transfer) return;
        this.transfer = undefined;
        if (error) transfer.reject(new Error(`${transfer.name}: ${error.message}`));
        else transfer.resolve(Uint8Array.from(transfer.got));
    }
    #in(endpoint, bytes) {
        if (endpoint === this.endpointIn) return this.onData(bytes);
        const { transfer } = this;
        if (endpoint || !transfer) return;
        if (!transfer.reads) return bytes.length ? undefined : this.#finish(); // status stage
        transfer.got.push(...bytes);
        if (bytes.length < 64 || transfer.got.length >= transfer.length) {
            transfer.short = true;
            this.#endpointZero();
        }
    }
    /** Endpoint 0 is armed and the transfer has something for it: data, or the status of a read. */
    #endpointZero() {
        const { transfer } = this;
        if (!transfer || this.bus.room(0) === undefined) return;
        if (!transfer.reads && transfer.data && !transfer.sent) {
            transfer.sent = true;
            this.bus.out(0, transfer.data);
        } else if (transfer.reads && transfer.short && !transfer.closing) {
            transfer.closing = true;
            this.bus.out(0, new Uint8Array(0), () => this.#finish());
        }
    }
    #pump() {
        if (!this.ready || this.asleep || this.giving || !this.outgoing.length) return;
        const room = this.bus.room(this.endpointOut);
        if (room === undefined) return; // NAK
        this.giving = true;
        const packet = Uint8Array.from(this.outgoing.splice(0, Math.min(room, 64)));
        this.bus.out(this.endpointOut, packet, () => {
            this.giving = false;
        });
    }
}
