// The device controller of rp2040js seen from the bus: what goes over it, and when.
//
// rp2040js clears AVAILABLE the moment the firmware arms a buffer; on the chip it stays set until the
// transfer is over, and embassy-rp waits on that very bit. So arming is taken over here. Not modelled:
// double buffering, isochronous transfers, suspend and resume.
const AVAILABLE = 0x400, FULL = 0x8000, LENGTH = 0x3ff, LAST = 0x4000, DOUBLE_BUFFERED = 0x40000000;
const SIE_CTRL = 0x4c, PULLUP = 1 << 16, EP_STALL_ARM = 0x68;
const TOKEN_NANOS = 10_000; // from an armed buffer to the host's token for it
const packetNanos = bytes => ((bytes + 13) * 8 * 7 / 6) / 0.012; // full speed, with stuffing and handshake

export class UsbBus {
    constructor(mcu) {
        this.usb = mcu.usbCtrl;
        this.memory = mcu.usbDPRAMView;
        this.mcu = mcu;
        this.polling = true; // whether the host asks bulk endpoints for data
        this.armedIn = new Set();
        this.onAttached = () => {};
        this.onIn = () => {}; // (endpoint, bytes)
        this.onOutArmed = () => {}; // (endpoint)
        this.onStall = () => {};
        this.alarms = new Map();
        this.#takeOver();
    }

    #takeOver() {
        const { usb } = this;
        const write = usb.writeUint32.bind(usb);
        let pulledUp = false;
        usb.writeUint32 = (offset, value) => {
            write(offset, value);
            if (offset === EP_STALL_ARM && value & 3) this.onStall();
            if (offset === SIE_CTRL) {
                const now = !!(value & PULLUP);
                if (now && !pulledUp) this.onAttached();
                pulledUp = now;
            }
        };
        usb.onUSBEnabled = () => {};
        usb.DPRAMUpdated = (offset, value) => {
            if (offset < 0x80 || offset > 0xfc || !(value & AVAILABLE)) return;
            const endpoint = (offset - 0x80) >> 3;
            this.#refuseDoubleBuffers(endpoint, !!(offset & 4));
            if (offset & 4) this.onOutArmed(endpoint);
            else this.#inArmed(endpoint);
        };
    }
    #refuseDoubleBuffers(endpoint, out) {
        if (!endpoint) return;
        const control = this.memory.getUint32(8 * endpoint + (out ? 4 : 0), true);
        if (control & DOUBLE_BUFFERED) throw new Error('double buffering is not modelled');
    }
    #inArmed(endpoint) {
        if (endpoint && !this.polling) return void this.armedIn.add(endpoint);
        const length = this.#control(endpoint, 0) & LENGTH;
        this.#after(`in${endpoint}`, TOKEN_NANOS + packetNanos(length), () => this.#finishIn(endpoint));
    }
    #finishIn(endpoint) {
        const control = this.#control(endpoint, 0);
        if (!(control & AVAILABLE)) return; // taken back
        const base = this.usb.getEndpointBufferOffset(endpoint, false);
        const bytes = this.mcu.usbDPRAM.slice(base, base + (control & LENGTH));
        this.#setControl(endpoint, 0, control & ~(AVAILABLE | FULL));
        this.usb.indicateBufferReady(endpoint, false);
        this.onIn(endpoint, bytes);
    }
    /** Begins or stops to ask for data. */
    poll(on) {
        this.polling = on;
        if (!on) return;
        for (const endpoint of this.armedIn) this.#inArmed(endpoint);
        this.armedIn.clear();
    }

    /** How many bytes endpoint takes now; undefined if its buffer is not armed, which is a NAK. */
    room(endpoint) {
        const control = this.#control(endpoint, 4);
        return control & AVAILABLE ? control & LENGTH : undefined;
    }
    out(endpoint, bytes, done = () => {}) {
        this.#after(`out${endpoint}`, TOKEN_NANOS + packetNanos(bytes.length), () => {
            const control = this.#control(endpoint, 4);
            const base = this.usb.getEndpointBufferOffset(endpoint, true);
            this.mcu.usbDPRAM.set(bytes, base);
            this.#setControl(endpoint, 4, (control & ~(LENGTH | AVAILABLE)) | FULL | LAST | bytes.length);
            this.usb.indicateBufferReady(endpoint, true);
            done();
        });
    }
    setup(packet) {
        this.usb.sendSetupPacket(packet);
    }
    /** Pulls both lines down; `done` once the device has seen it. */
    reset(done) {
        this.armedIn.clear();
        for (const alarm of this.alarms.values()) alarm.work = () => {};
        this.usb.onResetReceived = () => {
            this.usb.onResetReceived = () => {};
            this.after(10e6, done);
        };
        this.usb.resetDevice();
    }

    after(nanos, work) {
        this.mcu.clock.createAlarm(work).schedule(nanos);
    }
    #after(name, nanos, work) {
        if (!this.alarms.has(name)) {
            const entry = { work };
            entry.alarm = this.mcu.clock.createAlarm(() => entry.work());
            this.alarms.set(name, entry);
        }
        const entry = this.alarms.get(name);
        entry.work = work;
        entry.alarm.schedule(nanos);
    }
    #control(endpoint, side) {
        return this.memory.getUint32(0x80 + 8 * endpoint + side, true);
    }
    #setControl(endpoint, side, value) {
        this.memory.setUint32(0x80 + 8 * endpoint + side, value, true);
    }
}
