// The tests' hold on the machine: one JSON request a line, one answer a line.
//
//   { do: 'power', on: true }             or false: at once
//   { do: 'run', for: NANOS, until: [KIND...] }   lets time pass; stops at an event of these kinds
//   { do: 'cut', at: NANOS }              power goes at this moment, be it in the middle of a flash write
//   { do: 'engine', hex, framing?, break? }       bytes from the engine, at its speed
//   { do: 'engine', baud }
//   { do: 'cdc', hex }                    bytes from the station
//   { do: 'host', asleep | absent: BOOL } { do: 'host', connect: true } { do: 'host', open: BOOL }
//   { do: 'button', pressed: BOOL }
//   { do: 'hang' }                        the processor runs in circles, as after a bad jump
//   { do: 'flash', load | save: FILE, times? }    the whole chip; times as in flash_chip.mjs
//   { do: 'uf2', file } { do: 'log' } { do: 'end' }
//
// A request may be a list, done in order. An answer: { now, counters, events, log?, error? }, all times in
// nanoseconds since the machine was set up. Events: cdc, uart { hex }; delivered (the engine's last byte
// arrived); usb { state }; pin { name, value }; flash { op, address, length }; reset { cause };
// boot_loader { why }; power; halted; complaint { text }.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadUf2 } from './uf2.mjs';

const bytes = request => Buffer.from(request.hex ?? '', 'hex');

const REQUESTS = {
    power(machine, { on, cause }) {
        if (on) machine.powerOn(cause);
        else machine.powerOff();
    },
    run(machine, request) {
        machine.run(machine.now + request.for, new Set(request.until ?? []));
    },
    cut(machine, { at }) {
        machine.cutAt = at;
    },
    engine(machine, request) {
        if (request.baud) machine.line.baud = request.baud;
        machine.line.send(bytes(request), { framing: request.framing, isBreak: request.break });
    },
    cdc(machine, request) {
        machine.usb?.send(bytes(request));
    },
    host(machine, { asleep, absent, connect, open }) {
        if (asleep !== undefined) machine.host.asleep = asleep, machine.mcu && machine.usb.sleep(asleep);
        if (absent !== undefined) machine.host.absent = absent;
        if (connect) machine.host = { asleep: false, absent: false }, machine.usb?.sleep(false), machine.usb?.connect();
        if (open !== undefined) machine.usb?.setLines(open);
    },
    button(machine, { pressed }) {
        machine.pressed = pressed;
        machine.pins?.press(pressed);
    },
    hang(machine) {
        machine.hang();
    },
    flash(machine, { load, save, times }) {
        if (times) Object.assign(machine.flash.times, times);
        if (load) machine.flash.bytes.set(readFileSync(load));
        if (save) writeFileSync(save, machine.flash.bytes.subarray(0, machine.flash.size));
    },
    uf2(machine, { file }) {
        loadUf2(file, machine.flash.bytes);
    },
    log(machine, _, answer) {
        answer.log = machine.rtt.take().toString('hex');
    },
    end() {},
};

/** Does one request or a list of them. */
export function obey(machine, requests) {
    const answer = {};
    try {
        for (const request of [requests].flat()) {
            if (!REQUESTS[request.do]) throw new Error(`no request ${request.do}`);
            REQUESTS[request.do](machine, request, answer);
        }
    } catch (error) {
        answer.error = error.stack;
    }
    answer.now = Math.round(machine.now);
    answer.counters = machine.counters();
    answer.events = machine.events.splice(0);
    return answer;
}

export async function lockstep(machine) {
    for await (const line of createInterface({ input: process.stdin })) {
        const requests = JSON.parse(line);
        process.stdout.write(`${JSON.stringify(obey(machine, requests))}\n`);
        if (requests.do === 'end') return;
    }
}
