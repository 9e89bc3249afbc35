// The scan field: what a scanner types, a person pastes or keys.

import { Problem, post } from "./api.js";
import { pick, tileNumber } from "./bench.js";
import { byId, h, show, showList } from "./dom.js";
import { moment, time } from "./format.js";
import { facts, findingsOf, lookOf, nameOf, severityMark, slotsOf } from "./phone.js";
import { say } from "./say.js";
import { choose, nextBoxes } from "./scanners.js";
import { changed, handsetAt, scansOf, state, take } from "./state.js";
import { t, word } from "./words.js";

const field = byId("scan-text");

/** The box that further codes belong to. */
let box = emptyBox();
/** Whether a box has several codes. */
let same = false;
/** Whether the selected phone's own screen is scanned, and not its label. */
let screen = false;
/** What the last scan came to: a handset's id, or why it was not taken. */
let last = null;
/** Boxes scanned more than once since the page was opened. */
export const repeated = new Set();

function emptyBox() {
  return { codes: [], handset: null, device: null };
}

/** Takes what stands in the field. */
let queue = Promise.resolve();
export function takeField() {
  const text = field.value.trim();
  field.value = "";
  fit();
  if (text === "") return nextBox();
  if (/^\d$/.test(text)) return pickNumber(Number(text));
  // One after another: a scanner is faster than the station.
  queue = queue.then(() => takeText(text));
}

function pickNumber(number) {
  if (number === 0) return nextBox();
  if (!pick(number)) say(t("scan.no_tile", { n: number }));
}

/** What is scanned next belongs to another box. */
export function nextBox() {
  const had = state.selected !== null;
  box = emptyBox();
  screen = false;
  state.selected = null;
  nextBoxes();
  say(had ? t("scan.unselected") : t("scan.next"));
  changed();
}

async function takeText(text) {
  if (box.device !== state.selected) box = { ...emptyBox(), device: state.selected };
  const source = screen && box.device ? "screen" : "label";
  const grouped = same || state.selected !== null;
  if (grouped && box.codes.includes(text)) return say(t("scan.code_again"));
  const codes = grouped ? [...box.codes, text] : [text];
  const target = box.device ? { device: box.device } : grouped && box.handset ? { handset: box.handset } : {};
  const before = new Map(state.handsets);
  try {
    const handset = await post("/scans", { text: codes.join("\n"), source, ...target });
    accept(handset, before.get(handset.id), Object.keys(target).length === 0);
    if (grouped) box = { ...box, codes, handset: handset.id };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    last = { text, problem, at: Date.now() };
    if (problem.status === 0 && field.value === "") field.value = text;
    say(t("scan.failed", { text: problem.text }));
  }
  changed();
}

/** Shows what came from a scanner of ours as if it had been typed here. */
export function takeScanned(scanned) {
  if (scanned.late) return;
  const handset = state.handsets.get(scanned.handset);
  if (handset) {
    const again = isNewBox(scanned) && handset.device === null && handset.first_seen < scanned.received_at;
    if (again) repeated.add(handset.id);
    last = { handset: handset.id, at: scanned.received_at, again: again ? handset.first_seen : null };
    say(t("scan.taken", { name: nameOf(handset) }));
  } else {
    const text = word("scan_problem", scanned.problem);
    last = { text: scanned.text, problem: { code: scanned.problem, text }, at: scanned.received_at };
    say(t("scan.failed", { text }));
  }
  changed();
}

/** Whether it is the first code of its box. */
const isNewBox = (scanned) => !scansOf(scanned.scanner).some((one) => one.id !== scanned.id && one.box === scanned.box && one.store === scanned.store);

function accept(handset, before, alone) {
  const known = state.handsets.get(handset.id);
  if (!known || known.last_seen <= handset.last_seen) take("handset", handset);
  const again = alone && wasScanned(handset, before);
  if (again) repeated.add(handset.id);
  last = { handset: handset.id, at: handset.last_seen, again: again ? (before?.last_seen ?? handset.first_seen) : null };
  say(t("scan.taken", { name: nameOf(handset) }));
}

function wasScanned(handset, before) {
  if (!before) return handset.readings.length > 1 && handset.device === null;
  return before.device === null || before.slots.some((slot) => slot.said.some((said) => said.source === "label"));
}

/** Switches between one code and several codes per box. */
export function toggleSame() {
  same = !same;
  box = emptyBox();
  changed();
}

/** Switches between the label and the screen of the selected phone. */
export function toggleScreen() {
  if (!state.selected) return;
  screen = !screen;
  box = emptyBox();
  changed();
}

/** The field grows with pasted lines. */
function fit() {
  field.rows = Math.min(Math.max(field.value.split("\n").length, 1), 6);
}

/** Shows what the next scan belongs to, and what the last one came to. */
export function draw() {
  byId("scan-same").setAttribute("aria-pressed", String(same));
  if (!state.selected) screen = false;
  show(byId("scan-same"), state.selected === null);
  show(byId("scan-screen"), state.selected !== null);
  byId("scan-screen").setAttribute("aria-pressed", String(screen));
  choose(state.selected, screen && state.selected ? "screen" : "label");
  const [kind, text] = targetText();
  byId("scan-target").dataset.target = kind;
  byId("scan-target").textContent = text;
  const items = last ? [last] : [];
  if (items.length) showList(byId("scan-result"), items, (one) => one.handset ?? "problem", lookOfResult, resultCard);
}

function targetText() {
  if (state.selected) {
    const device = state.devices.get(state.selected);
    const values = { n: tileNumber(device), name: nameOf(handsetAt(device), device) };
    return screen ? ["screen", t("scan.target.screen", values)] : ["device", t("scan.target.device", values)];
  }
  if (same && box.codes.length) return ["box", t("scan.target.box", { n: box.codes.length })];
  return ["new", t("scan.target.new")];
}

const lookOfResult = (one) => (one.handset ? `${one.at} ${one.again} ${lookOf(state.handsets.get(one.handset))}` : `${one.at}`);

function resultCard(one) {
  return one.problem ? problemCard(one) : handsetCard(one, state.handsets.get(one.handset));
}

function problemCard({ text, problem, at }) {
  return h("article", { class: "card problem", "data-problem": problem.code },
    h("p", {}, severityMark("stop"), " ", h("strong", {}, t("scan.failed", { text: problem.text })), " ", h("small", {}, time(at))),
    problem.detail && h("p", {}, h("small", {}, problem.detail)),
    h("p", { class: "code" }, text));
}

function handsetCard(one, handset) {
  return h("article", { class: "card", "data-handset": handset.id },
    h("h3", {}, nameOf(handset), " ", h("small", {}, time(one.at))),
    one.again && h("p", { class: "repeat" }, severityMark("warning"), " ", t("scan.repeat", { when: moment(one.again) })),
    slotsOf(handset), facts(handset), findingsOf(handset));
}

/** Puts the field to work. */
export function start() {
  field.addEventListener("input", fit);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    takeField();
  });
  byId("scan-take").addEventListener("click", takeField);
  byId("scan-same").addEventListener("click", toggleSame);
  byId("scan-screen").addEventListener("click", toggleScreen);
}

/** Brings the scanner's typing back to the field. */
export const focus = () => field.focus({ preventScroll: true });

/** Whether nothing was typed yet: arrows then walk over the bench. */
export const isEmpty = () => field.value === "";
