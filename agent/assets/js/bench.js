// The bench: one tile per device.

import { write } from "./api.js";
import { openNew } from "./caseform.js";
import { byId, h, show, showList } from "./dom.js";
import { countdown, place } from "./format.js";
import * as modem from "./modem.js";
import { badge, facts, findingsOf, lookOf, nameOf, slotsOf } from "./phone.js";
import { bench, changed, handsetAt, state } from "./state.js";
import { say } from "./say.js";
import { t, word } from "./words.js";

const STATE_MARKS = { reading: "↻", read: "✓", failed: "✕" };

/** Number of a device's tile, from 1. */
export const tileNumber = (device) => bench().indexOf(device) + 1;

/** Selects the tile with this number; false if there is none. */
export function pick(number) {
  const device = bench()[number - 1];
  if (!device) return false;
  select(device.id);
  return true;
}

/** Selects a device, or nothing. */
export function select(id) {
  state.selected = id;
  const device = state.devices.get(id);
  say(device ? t("scan.selected", { n: tileNumber(device), name: nameOf(handsetAt(device), device) }) : t("scan.unselected"));
  changed();
  queueMicrotask(() => document.querySelector(".tile.selected")?.scrollIntoView({ block: "nearest" }));
}

/** Selects the next tile, or the one before. */
export function step(by) {
  const all = bench();
  if (all.length === 0) return;
  const at = all.findIndex((device) => device.id === state.selected);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length;
  select(all[next].id);
}

/** Reads a device again. */
export async function readAgain(id = state.selected) {
  if (!id || state.devices.get(id)?.state === "reading") return;
  try {
    await write("POST", `/devices/${encodeURIComponent(id)}/read`);
  } catch (problem) {
    say(problem.text);
  }
}

/** Stops waiting for "Allow" on a phone. */
async function stopWaiting(id) {
  try {
    await write("POST", `/devices/${encodeURIComponent(id)}/stop`);
  } catch (problem) {
    say(problem.text);
  }
}

export function start() {
  // Time that is left runs without the tile being built anew.
  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-until]")) clock.textContent = left(clock.dataset.until);
  }, 1000);
}

const left = (until) => t("bench.left", { left: countdown(until) });

export function draw() {
  const devices = bench();
  byId("bench-count").textContent = devices.length || "";
  show(byId("bench-empty"), devices.length === 0);
  const look = (device) => JSON.stringify([device, tileNumber(device), device.id === state.selected, modem.isAsking(device), lookOf(handsetAt(device))]);
  showList(byId("bench"), devices, (device) => device.id, look, tile);
}

function tile(device) {
  const [handset, selected] = [handsetAt(device), device.id === state.selected];
  const choose = (event) => {
    if (event.target.closest("button.act")) return;
    select(selected ? null : device.id);
  };
  const attributes = {
    class: `tile ${device.state}${selected ? " selected" : ""}`,
    "data-device": device.id, "data-state": device.state, "data-number": tileNumber(device), onclick: choose,
  };
  return h("article", attributes, head(device, handset, selected), body(device, handset), actions(device, handset));
}

function head(device, handset, selected) {
  return h("header", {},
    h("button", { type: "button", class: "pick", "aria-pressed": String(selected), "data-focus": `pick ${device.id}` },
      h("span", { class: "number" }, tileNumber(device)), h("strong", {}, nameOf(handset, device))),
    badge(device.state, STATE_MARKS[device.state] ?? "", word("device", device.state), { "data-device-state": device.state }));
}

/** Milliseconds as seconds, as this language writes them. */
function seconds(ms) {
  // Not every browser knows how Kazakh writes numbers; it does so as Russian does.
  const language = document.documentElement.lang === "kk" ? "ru" : document.documentElement.lang;
  return (ms / 1000).toLocaleString(language, { maximumSignificantDigits: 2 });
}

function body(device, handset) {
  const took = device.state === "read" && device.took_ms > 0 && t("bench.took", { s: seconds(device.took_ms) });
  return [
    h("p", { class: "where" }, [place(device.id), device.product, took].filter(Boolean).join(" · ")),
    device.state === "failed" && h("div", { class: "trouble", role: "note" }, h("strong", {}, word("failure", device.code)), h("br"), word("failure_cure", device.code)),
    device.waiting_until && waiting(device),
    device.missed && !device.waiting_until && h("p", { class: "why", "data-missed": device.missed }, t("bench.missed", { text: word("failure", device.missed) })),
    device.state === "reading" && !handset && !device.waiting_until && h("p", { class: "why" }, t("bench.reading")),
    handset && [slotsOf(handset), facts(handset), findingsOf(handset)],
    nextStep(device, handset),
    modem.offer(device),
  ];
}

/** The phone asks its owner; what it told already stands below. */
function waiting(device) {
  return h("div", { class: "waiting", role: "note" },
    h("strong", {}, h("span", { class: "mark", "aria-hidden": "true" }, "☝ "), t("bench.allow")), " ",
    h("span", { "data-until": device.waiting_until }, left(device.waiting_until)), " ",
    h("button", { type: "button", class: "act", "data-action": "stop", "data-focus": `stop ${device.id}`, onclick: () => stopWaiting(device.id) }, t("bench.stop")));
}

/** The next best way; a phone that failed has its cure, one that waits its question. */
function nextStep(device, handset) {
  if (device.state !== "read" || device.waiting_until) return null;
  const step = handset?.next_step ?? device.next_step;
  return step ? h("p", { class: "next", "data-step": step }, h("span", { class: "mark", "aria-hidden": "true" }, "→ "), t("bench.next", { text: word("step", step) })) : null;
}

function actions(device, handset) {
  return h("footer", {},
    h("button", { type: "button", class: "act", "data-action": "read", "data-focus": `read ${device.id}`, "aria-disabled": device.state === "reading" && "true", onclick: () => readAgain(device.id) }, t("bench.read_again")),
    handset && h("button", { type: "button", class: "act", "data-action": "case", "data-focus": `case ${device.id}`, onclick: () => openNew(handset) }, t("bench.case")));
}
