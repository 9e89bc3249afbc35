// The boot ROM: its image runs as it is, but for the routines that end in hardware which is not modelled.
import { readFileSync } from 'node:fs';

const TABLE = 0x14; // where the ROM says where its functions are

/** CRC-32/MPEG-2, which the ROM wants at the end of the second boot stage. */
function crc(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) {
        crc ^= byte << 24;
        for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
    }
    return crc >>> 0;
}

/** Whether the ROM would start what is in the flash. */
export function bootable(flash) {
    return crc(flash.subarray(0, 252)) === new DataView(flash.buffer, 252, 4).getUint32(0, true);
}

export class BootRom {
    constructor(file) {
        const image = readFileSync(file);
        if (image.length !== 16384) throw new Error(`${file} is not a boot ROM`);
        this.words = new Uint32Array(image.buffer.slice(image.byteOffset, image.byteOffset + image.length));
    }

    /** What happens at which address: `work` by the ROM's two-letter names. */
    hooks(mcu, work) {
        const hooks = new Map();
        for (let at = mcu.readUint16(TABLE); mcu.readUint16(at); at += 4) {
            const name = String.fromCharCode(mcu.readUint8(at), mcu.readUint8(at + 1));
            if (work[name]) hooks.set(mcu.readUint16(at + 2) & ~1, work[name]);
        }
        return hooks;
    }
}
