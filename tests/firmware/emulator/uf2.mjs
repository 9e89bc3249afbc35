// The shipped file, played into a flash chip as the boot loader would.
import { readFileSync } from 'node:fs';

const RP2040 = 0xe48bff56, HAS_FAMILY = 0x2000, NOT_MAIN_FLASH = 1, FLASH = 0x10000000;

export function loadUf2(file, flash) {
    const uf2 = readFileSync(file);
    if (!uf2.length || uf2.length % 512) throw new Error(`${file}: not whole UF2 blocks`);
    for (let at = 0; at < uf2.length; at += 512) {
        const word = offset => uf2.readUInt32LE(at + offset);
        if (word(0) !== 0x0a324655 || word(4) !== 0x9e5d5157 || word(508) !== 0x0ab16f30) {
            throw new Error(`${file}: block ${at / 512} is no UF2 block`);
        }
        if (word(8) & NOT_MAIN_FLASH) continue;
        if (word(8) & HAS_FAMILY && word(28) !== RP2040) throw new Error(`${file}: not for the RP2040`);
        const address = word(12) - FLASH, length = word(16);
        // The boot loader erases the sector that a block is the first to touch.
        if (address % 4096 === 0) flash.fill(0xff, address, address + 4096);
        flash.set(uf2.subarray(at + 32, at + 32 + length), address);
    }
}
