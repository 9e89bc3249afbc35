// What the page knows: the lists of the station, kept up to date by its events.

import { get } from "./api.js";
import { byPlace, imei14 } from "./format.js";

export const state = {
  devices: new Map(),
  handsets: new Map(),
  answers: new Map(),
  cases: new Map(),
  batches: new Map(),
  submissions: new Map(),
  scanners: new Map(),
  /** What each scanner read last, newest first. */
  scans: new Map(),
  registries: [],
  /** Portals that people look at. */
  portals: [],
  /** Id of the chosen device; null if none is. */
  selected: null,
  /** Cursor of the handsets that were not asked for yet. */
  moreHandsets: null,
  /** Phone last read at a device, kept while it is read again. */
  lastAt: new Map(),
};

const watchers = [];
let drawing = false;

/** Calls `draw` soon after something changed. */
export function watch(draw) {
  watchers.push(draw);
}

/** Something changed. */
export function changed() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    watchers.forEach((draw) => draw());
  });
}

function takeDevice(device) {
  if (device.state === "gone") {
    state.devices.delete(device.id);
    state.lastAt.delete(device.id);
    if (state.selected === device.id) state.selected = null;
    return;
  }
  state.devices.set(device.id, device);
  if (state.lastAt.get(device.id)?.since !== device.since) state.lastAt.delete(device.id);
  if (device.state === "read") state.lastAt.set(device.id, { since: device.since, handset: device.handset });
}

/** Why what was known holds no longer. */
const HOLDS_NO_MORE = ["nobody_looked", "stale"];

function takeAnswer(answer) {
  const key = imei14(answer.imei);
  const known = state.answers.get(key);
  // A registry that can't be reached has not changed its mind.
  const silent = answer.verdict === "undetermined" && !HOLDS_NO_MORE.includes(answer.why);
  if (known && silent && known.verdict !== "undetermined") return;
  state.answers.set(key, answer);
}

const SCANS_SHOWN = 5;

function takeScan(scan) {
  const others = scansOf(scan.scanner).filter((one) => one.id !== scan.id);
  const all = [scan, ...others].sort((a, b) => (a.id < b.id ? 1 : -1));
  state.scans.set(scan.scanner, all.slice(0, SCANS_SHOWN));
}

const takers = {
  device: takeDevice,
  answer: takeAnswer,
  handset: (one) => state.handsets.set(one.id, one),
  case: (one) => state.cases.set(one.id, one),
  batch: (one) => state.batches.set(one.id, one),
  submission: (one) => state.submissions.set(one.id, one),
  scanner: (one) => state.scanners.set(one.name, one),
  scan: takeScan,
};

/** Takes one object as it stands now. */
export function take(kind, body) {
  takers[kind]?.(body);
  changed();
}

/** Loads every list; gives the number of the latest event that they surely contain. */
export async function load() {
  const station = await get("/station");
  const paths = ["/devices", "/handsets?limit=100", "/checks?limit=200", "/cases?limit=200", "/batches?limit=200", "/submissions?limit=200", "/scanners", "/portal"];
  const [devices, handsets, answers, cases, batches, submissions, scanners, portals] = await Promise.all(paths.map(get));
  state.registries = station.registries;
  state.portals = portals.items;
  const here = new Set(devices.items.map((device) => device.id));
  for (const id of [...state.devices.keys()]) if (!here.has(id)) takeDevice({ id, state: "gone" });
  for (const map of [state.handsets, state.cases, state.batches, state.submissions, state.scanners]) map.clear();
  devices.items.forEach(takeDevice);
  answers.items.forEach(takeAnswer);
  handsets.items.forEach(takers.handset);
  cases.items.forEach(takers.case);
  batches.items.forEach(takers.batch);
  submissions.items.forEach(takers.submission);
  scanners.items.forEach(takers.scanner);
  state.moreHandsets = handsets.next;
  await loadBenchHandsets(devices.items);
  await loadScans(scanners.items);
  changed();
  return station.latest_event;
}

/** A phone on the bench may have been known for long, and not be on the first page. */
async function loadBenchHandsets(devices) {
  const missing = devices.filter((device) => device.handset && !state.handsets.has(device.handset));
  const found = await Promise.all(missing.map((device) => get(`/handsets/${device.handset}`)));
  found.forEach(takers.handset);
}

/** What the scanners that are there read last. */
async function loadScans(scanners) {
  const here = scanners.filter((scanner) => scanner.state !== "away");
  const pages = await Promise.all(here.map((scanner) => get(`/scanners/${encodeURIComponent(scanner.name)}/scans?limit=${SCANS_SHOWN}`)));
  pages.forEach((page) => page.items.forEach(takeScan));
}

/** Loads the next page of handsets. */
export async function loadMoreHandsets() {
  const page = await get(`/handsets?limit=100&cursor=${encodeURIComponent(state.moreHandsets)}`);
  page.items.forEach((one) => state.handsets.has(one.id) || state.handsets.set(one.id, one));
  state.moreHandsets = page.next;
  changed();
}

/** Devices in the order of their places; a scanner is no phone to show. */
export const bench = () => [...state.devices.values()].filter((device) => device.role !== "scanner").sort((a, b) => byPlace(a.id, b.id));

/** Scanners that are plugged in; one that only types is none to show. */
export const scannerDevices = () => [...state.devices.values()].filter((device) => device.role === "scanner" && device.state !== "ignored").sort((a, b) => byPlace(a.id, b.id));

/** What a scanner read last, newest first. */
export const scansOf = (name) => state.scans.get(name) ?? [];

/** The phone at a device, if it was read. */
export function handsetAt(device) {
  return state.handsets.get(device?.handset ?? state.lastAt.get(device?.id)?.handset) ?? null;
}

/** What a person saw too long ago is gone by no longer, even if nobody asked since. */
function current(answer) {
  const isOld = answer?.seen_by && answer.fresh_until && new Date(answer.fresh_until) <= Date.now();
  return isOld ? { ...answer, verdict: "undetermined", why: "stale", until: null, reason: null } : (answer ?? null);
}

/** The answer about an IMEI, if there is one. */
export const answerOf = (imei) => current(state.answers.get(imei14(imei)));

/** What people saw of an IMEI on this portal. */
export function portalAnswer(imei, portal) {
  const answer = state.answers.get(imei14(imei));
  return current(answer?.source === portal ? answer : answer?.said?.find((one) => one.source === portal));
}

/** Items of a map, newest first. Names of the station's things sort by their age. */
export const newest = (map) => [...map.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
