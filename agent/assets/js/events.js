// The stream of events, read with fetch because an EventSource can't send a token.

import { send } from "./api.js";

/** Takes the text of a stream piece by piece and calls `take` with each event. */
export function parser(take) {
  let rest = "";
  let event = { id: null, data: [] };
  const line = (text) => {
    if (text === "") {
      if (event.data.length) take({ id: event.id, data: event.data.join("\n") });
      event = { id: event.id, data: [] };
      return;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(text);
    if (field === "data") event.data.push(value);
    if (field === "id") event.id = value;
  };
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    lines.forEach(line);
  };
}

const QUIET_MS = 45_000;
const LONGEST_WAIT_S = 20;

/**
 * Follows the events for ever. `start` is called when the stream is open and gives the number of
 * the latest event that its lists contain; `take` gets each later event; `tell` the state of the
 * connection. Comes back after the last event seen when the stream breaks.
 */
export async function follow({ start, take, tell }) {
  let last = null;
  let failures = 0;
  for (;;) {
    try {
      tell("connecting");
      await once(last, async () => {
        const latest = await start();
        if (last !== null && latest < last) {
          // A station with new data counts from the beginning, and so must the stream.
          last = null;
          throw new Error("the station starts anew");
        }
        last = latest;
        failures = 0;
        tell("live");
      }, (event) => {
        if (event.seq <= last) return;
        last = event.seq;
        take(event);
      });
    } catch (error) {
      if (error.status === 401) return;
    }
    failures += 1;
    await wait(Math.min(2 ** (failures - 1), LONGEST_WAIT_S), tell);
  }
}

async function once(last, open, take) {
  const stop = new AbortController();
  let alarm = 0;
  const heard = () => {
    clearTimeout(alarm);
    alarm = setTimeout(() => stop.abort(), QUIET_MS);
  };
  heard();
  try {
    const headers = last === null ? {} : { "Last-Event-ID": String(last) };
    const response = await send("/api/v1/events", { headers, signal: stop.signal });
    const waiting = [];
    let ready = false;
    const feed = parser(({ data }) => {
      const event = JSON.parse(data);
      if (ready) take(event);
      else waiting.push(event);
    });
    const opened = open().then(() => {
      ready = true;
      waiting.forEach(take);
    });
    await Promise.race([opened.then(() => new Promise(() => {})), pump(response, feed, heard)]);
  } finally {
    clearTimeout(alarm);
    stop.abort();
  }
}

async function pump(response, feed, heard) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    feed(value);
  }
}

async function wait(seconds, tell) {
  for (let left = seconds; left > 0; left -= 1) {
    tell("wait", left);
    await new Promise((done) => setTimeout(done, 1000));
  }
}
