// The form of a case: opens it, amends it, shows what would get it refused.

import { Problem, get, write } from "./api.js";
import { problemOf, referenceOf, stateBadge } from "./casewords.js";
import { byId, h, show } from "./dom.js";
import { imei14, imeiTrouble, localDate, readDate } from "./format.js";
import { imeisFrom, nameOf, preflightOf, severityMark } from "./phone.js";
import { bench, handsetAt, newest, state, take } from "./state.js";
import { t, word } from "./words.js";

const dialog = byId("case-dialog");
const input = (name) => byId(`case-${name}`);
const BOXES_OFFERED = 50;

/** The case that is shown; null while a new one is written. */
let shown = null;
let opened = () => {};

/** Calls `told` with the id of a case that was saved, and whether nothing would get it refused. */
export function whenOpened(told) {
  opened = told;
}

/** A new case, for this phone if there is one. */
export function openNew(handset) {
  clear(null);
  offerPhones(handset?.id ?? "");
  choosePhone();
  reveal();
}

/** A case that is there. */
export async function openCase(id) {
  const view = await get(`/cases/${id}`).catch(() => null);
  if (!view) return;
  clear(view);
  // Devices that were brought in have a form of their own: here is what would get them refused.
  if (view.replacement) fill(view.replacement);
  if (isLocked()) outcome(h("p", { class: "why" }, t("form.locked")));
  else tellFindings(view.preflight);
  reveal();
}

const isReplacement = () => shown === null || shown.replacement !== undefined;
const isLocked = () => shown !== null && shown.state !== "open" && shown.state !== "refused";

function clear(view) {
  shown = view;
  for (const field of byId("case-fields").querySelectorAll("input, textarea, select")) {
    field.value = "";
    field.disabled = isLocked();
    field.removeAttribute("aria-invalid");
  }
  input("work-order").readOnly = view !== null;
  outcome();
  head();
}

function head() {
  byId("case-heading").textContent = shown ? t("form.edit", { name: referenceOf(shown) }) : t("form.new");
  byId("case-state").replaceChildren(shown ? stateBadge(shown) : "");
  byId("case-save").textContent = shown ? t("form.save") : t("form.open");
  show(byId("case-fields"), isReplacement());
  show(byId("case-save"), isReplacement() && !isLocked());
}

function reveal() {
  hints();
  if (!dialog.open) dialog.showModal();
  (shown ? byId("case-close") : input("work-order")).focus();
}

const outcome = (...children) => byId("case-outcome").replaceChildren(...children);

function fill(replacement) {
  offerPhones(replacement.handset ?? "");
  offerOld(phone());
  input("old-from").value = "";
  input("work-order").value = replacement.work_order;
  input("old").value = replacement.old.join("\n");
  input("new-imeis").value = replacement.new.join("\n");
  input("customs-number").value = replacement.customs?.number ?? "";
  input("customs-date").value = replacement.customs ? localDate(replacement.customs.date) : "";
  input("part-number").value = replacement.part.number ?? "";
  input("part-serial").value = replacement.part.serial ?? "";
  input("technician").value = replacement.technician ?? "";
}

const option = (value, text) => h("option", { value }, text);
const phone = () => state.handsets.get(input("phone").value) ?? null;

function offerPhones(id) {
  const here = bench().map((device, at) => [handsetAt(device), `${at + 1} · ${nameOf(handsetAt(device), device)}`]).filter(([handset]) => handset);
  const options = here.map(([handset, name]) => option(handset.id, name));
  if (id && !here.some(([handset]) => handset.id === id)) options.push(option(id, t("form.phone_kept")));
  input("phone").replaceChildren(option("", t("form.phone_none")), ...options);
  input("phone").value = id;
}

/** What the phone itself says now. */
const deviceImeis = (handset) => (handset ? imeisFrom(handset, (source) => source !== "label") : []);
const labelImeis = (handset) => (handset ? imeisFrom(handset, (source) => source === "label") : []);

/** Those of `imeis` that are not among `others`: slots whose IMEI stayed are not filed. */
function without(imeis, others) {
  const known = new Set(others.map(imei14));
  return imeis.filter((imei) => !known.has(imei14(imei)));
}

function offerOld(handset) {
  const options = [option("", t("form.old_hand"))];
  if (without(labelImeis(handset), deviceImeis(handset)).length) options.push(option("label", t("form.old_label")));
  if (earlierReading(handset)) options.push(option("earlier", t("form.old_earlier")));
  const boxes = newest(state.handsets).filter((one) => one.device === null && labelImeis(one).length);
  for (const box of boxes.slice(0, BOXES_OFFERED)) {
    options.push(option(box.id, t("form.old_box", { name: box.serial ?? labelImeis(box)[0] })));
  }
  input("old-from").replaceChildren(...options);
}

const earlierReading = (handset) => handset?.findings.find((finding) => finding.code === "changed_since")?.reading;

/** Another phone was chosen: its IMEIs are the new ones. */
function choosePhone() {
  const handset = phone();
  offerOld(handset);
  const values = [...input("old-from").options].map((one) => one.value);
  input("old-from").value = ["label", "earlier"].find((value) => values.includes(value)) ?? "";
  input("new-imeis").value = deviceImeis(handset).join("\n");
  return chooseOld();
}

/** Takes the old IMEIs from where the person says. */
async function chooseOld() {
  const [from, handset] = [input("old-from").value, phone()];
  const now = deviceImeis(handset);
  const before = from === "" ? null : await oldImeis(from, handset);
  // The choice may have changed while the station was asked.
  if (before && input("old-from").value === from) {
    input("old").value = without(before, now).join("\n");
    if (handset) input("new-imeis").value = without(now, before).join("\n");
  }
  hints();
}

async function oldImeis(from, handset) {
  if (from === "label") return labelImeis(handset);
  if (from !== "earlier") return labelImeis(state.handsets.get(from));
  const recorded = await get(`/readings/${earlierReading(handset)}`).catch(() => null);
  return (recorded?.reading.claims ?? []).filter((claim) => claim.value.form === "imei").map((claim) => claim.value.imei);
}

/** Lines of a field with IMEIs; a scanner may have put the label's word before the digits. */
function lines(name) {
  const all = input(name).value.split(/[\n,;]+/).map((line) => line.replace(/^\s*imei\s*\d?\s*[:=]\s*/i, "").trim());
  return all.filter(Boolean);
}

/** Tells at once which line is no IMEI; gives whether all are. */
function hint(name) {
  const troubles = lines(name).map((line, at) => [at + 1, imeiTrouble(line)]).filter(([, trouble]) => trouble);
  byId(`case-${name}-hint`).textContent = troubles.map(([n, code]) => t("form.bad_line", { n, text: word("parse", code) })).join("; ");
  mark(name, troubles.length > 0);
  return troubles.length === 0;
}

const hints = () => ["old", "new-imeis"].map(hint).every(Boolean);

function mark(name, bad) {
  if (bad) input(name).setAttribute("aria-invalid", "true");
  else input(name).removeAttribute("aria-invalid");
}

const optional = (name) => input(name).value.trim() || null;

/** What the form says, as the API wants it; throws a text that says what is missing. */
function read() {
  if (!optional("work-order")) throw refuse("work-order", t("form.no_work_order"));
  if (!hints()) throw refuse(hint("old") ? "new-imeis" : "old", t("form.bad_imeis"));
  // What the form has no field for stays as it is.
  const kept = shown?.replacement ?? {};
  return {
    ...kept,
    work_order: optional("work-order"),
    handset: input("phone").value || null,
    old: lines("old").map(bare),
    new: lines("new-imeis").map(bare),
    part: { ...kept.part, number: optional("part-number"), serial: optional("part-serial") },
    customs: readCustoms(),
    technician: optional("technician"),
  };
}

const bare = (line) => line.replace(/\D/g, "");

function readCustoms() {
  const [number, text] = [optional("customs-number"), optional("customs-date")];
  if (!number && !text) return null;
  if (!number || !text) throw refuse(number ? "customs-date" : "customs-number", t("form.customs_both"));
  const date = readDate(text);
  if (!date) throw refuse("customs-date", t("form.bad_date"));
  return { number, date };
}

function refuse(name, text) {
  mark(name, true);
  input(name).focus();
  return new Problem(422, "form", text);
}

async function save() {
  if (isLocked() || !isReplacement()) return;
  try {
    const replacement = read();
    const { status, body } = shown ? await write("PUT", `/cases/${shown.id}`, replacement) : await write("POST", "/cases", replacement);
    const { preflight, ...one } = body;
    const before = shown;
    shown = one;
    take("case", one);
    input("work-order").readOnly = true;
    head();
    tellFindings(preflight, before ? t("form.saved") : status === 200 ? t("form.opened_before") : t("form.opened"));
    opened(one.id, !preflight.some((finding) => finding.severity === "stop"));
    focusAfter(preflight);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    outcome(problem.code === "form" ? h("p", { class: "bad" }, severityMark("stop"), " ", problem.detail) : problemOf(problem));
  }
}

/** Names of fields of the API, and where they stand in the form. */
const FIELDS = { work_order: "work-order", old: "old", new: "new-imeis", customs: "customs-number", handset: "phone" };
const fieldOf = (finding) => FIELDS[finding.field.replace(/\W.*/, "")];

function tellFindings(preflight, done = "") {
  for (const name of Object.values(FIELDS)) mark(name, false);
  for (const finding of preflight) if (finding.severity === "stop" && fieldOf(finding)) mark(fieldOf(finding), true);
  const title = h("p", {}, done && h("strong", { class: "good" }, `✓ ${done}. `), preflight.length ? `${t("form.findings")}:` : t("form.fine"));
  outcome(title, preflight.length ? preflightOf(preflight) : "");
  byId("case-outcome").scrollIntoView({ block: "nearest" });
}

/** To the first field that must be mended; with none, Enter closes the form. */
function focusAfter(preflight) {
  const stop = preflight.find((finding) => finding.severity === "stop" && fieldOf(finding));
  (stop ? input(fieldOf(stop)) : byId("case-close")).focus();
}

/** Enter goes to the next field: scanners end every code with it. */
function keydown(event) {
  if (event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    save();
    return;
  }
  const field = event.target.closest("input, select, textarea");
  if (!field) return;
  const line = field.value.slice(0, field.selectionStart).split("\n").pop();
  // In a list of IMEIs an empty line ends the list.
  if (field.tagName === "TEXTAREA" && line.trim() !== "") return;
  event.preventDefault();
  const all = [...dialog.querySelectorAll("input, select, textarea, #case-save")].filter((one) => !one.disabled);
  all[all.indexOf(field) + 1]?.focus();
}

export function start() {
  byId("case-save").addEventListener("click", save);
  byId("case-close").addEventListener("click", () => dialog.close());
  input("phone").addEventListener("change", choosePhone);
  input("old-from").addEventListener("change", chooseOld);
  for (const name of ["old", "new-imeis"]) input(name).addEventListener("input", () => hint(name));
  dialog.addEventListener("keydown", keydown);
}
