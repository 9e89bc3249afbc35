// Runs a scanner's UF2 in an emulated Raspberry Pi Pico.
//
//   node main.mjs --rom B1.bin --uf2 IMAGE.uf2             lockstep: JSON requests on stdin, answers on stdout
//   node main.mjs --rom B1.bin --uf2 IMAGE.uf2 --live      real time: engine and CDC on TCP ports of this machine
//
// Requests and what they do: control.mjs. Further options, with their defaults:
//   --serial E661A4D41735A52B    what the flash chip answers as its number
//   --baud 9600                  speed of the scan engine
//   --pins 0,1                   which pins of the Pico the engine's RX and TX are wired to
//   --seed 1                     of everything that is chance
//   --flash FILE                 content of the flash chip, instead of an empty one; written back at the end
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BootRom } from './boot_rom.mjs';
import { lockstep } from './control.mjs';
import { live } from './live.mjs';
import { Machine } from './machine.mjs';
import { loadUf2 } from './uf2.mjs';

const FLASH_BYTES = 2 * 1024 * 1024;
const text = (name, value) => [name, { type: 'string', default: value }];
const { values: options } = parseArgs({
    options: Object.fromEntries([
        text('rom'), text('uf2'), text('flash'), text('serial', 'E661A4D41735A52B'), text('baud', '9600'),
        text('pins', '0,1'), text('seed', '1'), text('uart-port', '0'), text('cdc-port', '0'),
        ['live', { type: 'boolean', default: false }],
    ]),
});
if (!options.rom) {
    console.error('usage: node main.mjs --rom FILE --uf2 FILE [--live]; see the top of main.mjs');
    process.exit(2);
}

const [tx, rx] = options.pins.split(',').map(Number);
const machine = new Machine({
    rom: new BootRom(options.rom),
    flashBytes: FLASH_BYTES,
    serial: Buffer.from(options.serial, 'hex'),
    baud: Number(options.baud),
    wiring: { tx, rx },
    seed: Number(options.seed),
});
if (options.flash && existsSync(options.flash)) machine.flash.bytes.set(readFileSync(options.flash));
if (options.uf2) loadUf2(options.uf2, machine.flash.bytes);

await (options.live ? live : lockstep)(machine, options);
if (options.flash) writeFileSync(options.flash, machine.flash.bytes.subarray(0, FLASH_BYTES));
