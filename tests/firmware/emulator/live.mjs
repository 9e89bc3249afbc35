// In step with the wall clock, for programs that know nothing of simulated time: the scan engine's line and
// the CDC stream are TCP ports of this machine, the rest is said in JSON lines on stdin and stdout.
import net from 'node:net';
import { createInterface } from 'node:readline';
import { obey } from './control.mjs';

const SLICE = 1e6; // nanoseconds between two looks at the wall clock
const NOISE = new Set(['uart', 'cdc', 'delivered', 'flash']);

const say = object => process.stdout.write(`${JSON.stringify(object)}\n`);

/** A port on which the last to connect has the stream; what came before that is kept for it. */
async function stream(port, onBytes) {
    let peer;
    const backlog = [];
    const server = net.createServer(socket => {
        socket.setNoDelay(true);
        socket.on('error', () => {});
        socket.on('close', () => (peer = peer === socket ? undefined : peer));
        socket.on('data', onBytes);
        peer = socket;
        for (const bytes of backlog.splice(0)) socket.write(bytes);
    });
    await new Promise(done => server.listen(Number(port), '127.0.0.1', done));
    const write = bytes => (peer ? peer.write(bytes) : backlog.push(bytes));
    return { port: server.address().port, write, close: () => server.close() };
}

export async function live(machine, options) {
    const engine = await stream(options['uart-port'], bytes => machine.line.send(bytes));
    const station = await stream(options['cdc-port'], bytes => machine.usb?.send(bytes));
    let ended = false;
    const requests = createInterface({ input: process.stdin });
    requests.on('line', line => {
        const request = JSON.parse(line);
        ended ||= request.do === 'end';
        show(obey(machine, request));
    });
    requests.on('close', () => (ended = true));

    function show(answer) {
        for (const event of answer.events) {
            if (event.kind === 'uart') engine.write(Buffer.from(event.hex, 'hex'));
            if (event.kind === 'cdc') station.write(Buffer.from(event.hex, 'hex'));
        }
        const events = answer.events.filter(event => !NOISE.has(event.kind));
        if (events.length || answer.error || answer.log) say({ ...answer, events });
    }

    say({ uart: engine.port, cdc: station.port });
    const began = performance.now();
    machine.powerOn();
    while (!ended) {
        const ahead = machine.now / 1e6 - (performance.now() - began);
        await new Promise(next => (ahead > 0 ? setTimeout(next, ahead) : setImmediate(next)));
        machine.run(machine.now + SLICE, NOISE);
        show({ now: machine.now, events: machine.events.splice(0) });
    }
    engine.close();
    station.close();
}
