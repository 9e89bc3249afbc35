// Cases, and the batch that is made of them.

import { post } from "./api.js";
import * as brought from "./brought.js";
import { openCase, openNew, whenOpened } from "./caseform.js";
import { handsetsOf, problemOf, referenceOf, refusalsOf, stateBadge } from "./casewords.js";
import { byId, h, show, showList } from "./dom.js";
import { moment } from "./format.js";
import { imeiText, nameOf } from "./phone.js";
import { say } from "./say.js";
import { changed, handsetAt, newest, state, take } from "./state.js";
import { t } from "./words.js";

const DEVICES_SHOWN = 4;

/** Ids of the cases for the next batch. */
const chosen = new Set();

const mayGo = (one) => one.state === "open" || one.state === "refused";
const picked = () => newest(state.cases).filter((one) => chosen.has(one.id) && mayGo(one)).reverse();

export function draw() {
  const all = newest(state.cases);
  const phone = (one) => state.handsets.get(handsetsOf(one)[0]);
  const look = (one) => JSON.stringify([one, chosen.has(one.id), nameOf(phone(one))]);
  showList(byId("cases"), all, (one) => one.id, look, (one) => card(one, phone(one)));
  show(byId("cases-empty"), all.length === 0);
  const count = picked().length;
  const button = byId("batch-submit");
  button.disabled = count === 0 || sending;
  button.replaceChildren(count ? t("cases.submit", { n: count }) : t("cases.submit_none"), " ", h("kbd", {}, "F9"));
  drawRegistries();
}

function drawRegistries() {
  show(byId("registry-choice"), state.registries.length > 1);
  showList(byId("registry"), state.registries, (name) => name, (name) => name, (name) => h("option", { value: name }, name));
}

function card(one, phone) {
  const work_order = referenceOf(one);
  const mark = h("input", { type: "checkbox", "data-focus": `choose ${one.id}`, "aria-label": t("cases.choose", { name: work_order }), checked: chosen.has(one.id), disabled: !mayGo(one) });
  mark.addEventListener("change", () => choose(one.id, mark.checked));
  return h("li", { class: "card case", "data-case": one.id, "data-state": one.state, "data-work-order": work_order },
    h("div", { class: "head" }, h("label", {}, mark, h("strong", {}, work_order)), stateBadge(one)),
    h("p", { class: "where" }, [phone && nameOf(phone), moment(one.opened_at)].filter(Boolean).join(" · ")),
    one.replacement ? swap(one.replacement) : devicesOf(one),
    one.state === "refused" && refusalsOf(one.refusals),
    h("button", { type: "button", "data-action": "open", "data-focus": `open ${one.id}`, onclick: () => openCase(one.id) }, one.replacement ? (mayGo(one) ? t("cases.edit") : t("cases.view")) : t("cases.findings")),
    !one.replacement && mayGo(one) && [" ", h("button", { type: "button", "data-action": "amend", "data-focus": `amend ${one.id}`, onclick: () => brought.amend(one) }, t("cases.edit"))]);
}

const swap = ({ old, new: fresh }) =>
  h("div", { class: "swap" }, h("span", {}, old.map(imeiText)), h("span", { "aria-hidden": "true" }, "→"), h("span", {}, fresh.map(imeiText)));

/** Devices that were brought in: how many, and the IMEIs of the first few. */
function devicesOf(one) {
  const kind = one.import ? t("cases.kind_import") : t("cases.kind_personal");
  const { devices } = one.import ?? one.personal;
  const first = devices.slice(0, DEVICES_SHOWN).map((device) => h("span", {}, device.imeis.map(imeiText)));
  return h("div", {}, h("p", {}, `${kind} · ${t("cases.devices", { n: devices.length })}`), h("div", { class: "swap" }, first));
}

function choose(id, yes) {
  if (yes) chosen.add(id);
  else chosen.delete(id);
  changed();
}

let sending = false;
/** The batch that is being made: tried again with the same key until the station answers. */
let pending = null;

/** Makes a batch of the chosen cases and submits it. */
export async function submitBatch() {
  const cases = picked().map((one) => one.id);
  if (cases.length === 0 || sending) return;
  sending = true;
  const outcome = byId("cases-problem");
  outcome.replaceChildren();
  changed();
  try {
    if (pending?.cases.join() !== cases.join()) pending = { cases, key: crypto.randomUUID() };
    const batch = await post("/batches", { cases }, { "Idempotency-Key": pending.key });
    pending = null;
    take("batch", batch);
    cases.forEach((id) => chosen.delete(id));
    await submit(batch.id);
    say(t("cases.sent", { n: cases.length }));
  } catch (problem) {
    if (problem.status >= 400 && problem.status < 500) pending = null;
    outcome.replaceChildren(problemOf(problem));
  }
  sending = false;
  changed();
}

/** Submits a batch; the same batch again is the same submission. */
export async function submit(batch) {
  const key = { "Idempotency-Key": `submit-${batch}-${registry()}` };
  take("submission", await post("/submissions", { batch, registry: registry() }, key));
}

const registry = () => byId("registry").value || state.registries[0];

/** A new case for the phone that is selected. */
export const newCase = () => openNew(handsetAt(state.devices.get(state.selected)));

export function start() {
  byId("case-new").addEventListener("click", newCase);
  byId("batch-submit").addEventListener("click", submitBatch);
  whenOpened((id, sound) => sound && choose(id, true));
}
