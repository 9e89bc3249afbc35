// A phone's side of the debug bridge, by the makers of @devicefarmer/adbkit (Apache-2.0).
//
//   node device.mjs <node_modules> <json>
//
// json: { "properties": {…}, "replies": { "getprop": "…" }, "asks": false }
//
// Says `port N` when it listens. Where it asks, it says `asks FINGERPRINT` when the owner would be
// asked, and lets in or turns away as the next line of its input says `allow` or `deny`; else it
// says `met FINGERPRINT` and lets in. A key that was let in is known from then on.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';

const require = createRequire(join(process.argv[2], 'none.js'));
const adbkit = (part) => require(`@devicefarmer/adbkit/dist/src/adb/${part}`).default;
const Server = adbkit('tcpusb/server');
const Parser = adbkit('parser');
const { properties, replies, asks } = JSON.parse(process.argv[3]);

const say = (line) => process.stdout.write(`${line}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const framed = (text) => {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32LE(body.length, 1);
  return Buffer.concat([head, body, Buffer.from([3, 1, 0, 0, 0, 0])]);
};

// What adbkit takes for a connection to the phone's services.
const transport = () => {
  const socket = new PassThrough();
  return {
    socket,
    parser: new Parser(socket),
    end() {},
    write(data) {
      const [, prefix, command] = /^(shell:|shell,v2,raw:)(.*)$/s.exec(data.slice(4).toString()) ?? [];
      say(`runs ${command}`);
      const reply = replies[command];
      if (reply === undefined) {
        socket.end('FAIL0006closed');
        return;
      }
      socket.write('OKAY');
      socket.end(prefix === 'shell:' ? reply : framed(reply));
    },
  };
};

const client = {
  getDevice: () => ({
    getProperties: async () => properties,
    transport: async () => transport(),
  }),
};

const known = [];
const auth = async (key) => {
  say(`${asks ? 'asks' : 'met'} ${key.fingerprint}`);
  if (asks) {
    const { value } = await lines.next();
    if (value !== 'allow') throw new Error('denied');
  }
  known.push(key);
};

const server = new Server(client, 'peer', { auth, knownPublicKeys: known });
server.on('error', (error) => say(`error ${error.message}`));
server.listen(0, '127.0.0.1');
server.on('listening', () => say(`port ${server.server.address().port}`));
