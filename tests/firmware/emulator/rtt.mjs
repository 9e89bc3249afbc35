// Reads the log out of the chip's RAM as a debug probe does: finds the control block, empties channel 0.
const ID = Buffer.from('SEGGER RTT\0\0\0\0\0\0');
const RAM = 0x20000000;

export class Rtt {
    constructor() {
        this.read = []; // all bytes of the log so far
    }
    drain(mcu) {
        const ram = Buffer.from(mcu.sram.buffer);
        const at = ram.indexOf(ID);
        if (at < 0) return;
        const channel = at + 24;
        const [buffer, size, write, read] = [4, 8, 12, 16].map(offset => ram.readUInt32LE(channel + offset));
        const from = buffer - RAM;
        if (!size || from < 0 || from + size > ram.length || write >= size || read >= size) return;
        for (let i = read; i !== write; i = (i + 1) % size) this.read.push(ram[from + i]);
        ram.writeUInt32LE(write, channel + 16);
    }
    take() {
        return Buffer.from(this.read.splice(0));
    }
}
