// The form of devices that were brought in: for sale, or by a person.

import { Problem, write } from "./api.js";
import { fits, readCivil } from "./civil.js";
import { problemOf, referenceOf } from "./casewords.js";
import { byId, h, show } from "./dom.js";
import { imei14, imeiTrouble, localDate, readDate } from "./format.js";
import { imeisFrom, nameOf, preflightOf, severityMark } from "./phone.js";
import { bench, handsetAt, take } from "./state.js";
import { t, word } from "./words.js";

const dialog = byId("brought-dialog");
const input = (name) => byId(`brought-${name}`);
const DOCUMENTS = ["customs_declaration", "passenger_declaration", "express_declaration", "border_crossing", "tracking_number", "goods_note", "invoice", "order_screenshot", "receipt", "warranty_card", "photo", "encryption_notification", "encryption_licence", "other"];
const APPLICANTS = { import: ["legal_entity", "sole_proprietor"], personal: ["individual"] };

/** The case that is shown; null while a new one is written. */
let shown = null;

const kind = () => input("kind").value;
const filed = () => shown?.[kind()] ?? {};

/** A new case. */
export function openNew() {
  open(null, { devices: [], documents: [] }, "import");
}

/** A case that may still be amended. */
export function amend(one) {
  open(one, one.import ?? one.personal, one.import ? "import" : "personal");
}

function open(one, filing, of) {
  shown = one;
  byId("brought-heading").textContent = one ? t("form.edit", { name: referenceOf(one) }) : t("brought.new");
  input("kind").value = of;
  for (const name of ["kind", "reference"]) input(name).disabled = one !== null;
  input("reference").value = filing.reference ?? "";
  chooseKind();
  if (filing.applicant) input("applicant").value = filing.applicant.kind;
  input("number").value = filing.applicant?.number ?? "";
  input("basis").value = filing.basis ?? "accompanied";
  input("delivery").value = filing.delivery_service ?? "";
  input("country").value = filing.country ?? "";
  input("date").value = filing.imported_on ? localDate(filing.imported_on) : "";
  offerPhones(filing.devices);
  input("documents").replaceChildren(...(filing.documents ?? []).map(documentRow));
  if (input("documents").children.length === 0) addDocument();
  for (const field of dialog.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  outcome();
  hints();
  if (!dialog.open) dialog.showModal();
  input(one ? "number" : "reference").focus();
}

const outcome = (...children) => input("outcome").replaceChildren(...children);

/** Only what belongs to the kind of case is asked. */
function chooseKind() {
  input("applicant").replaceChildren(...APPLICANTS[kind()].map((code) => h("option", { value: code }, word("applicant", code))));
  show(input("basis-row"), kind() === "personal");
  chooseBasis();
}

function chooseBasis() {
  show(input("delivery-row"), kind() === "personal" && input("basis").value === "parcel");
}

const ofPhone = (handset) => imeisFrom(handset, (source) => source !== "label");
const sameDevice = (one, imeis) => one.imeis.some((imei) => imeis.some((other) => imei14(other) === imei14(imei)));

/** Phones on the bench to tick; devices that are not there stand as text. */
function offerPhones(devices) {
  const phones = bench().map((device) => [device, handsetAt(device)]).filter(([, handset]) => handset && ofPhone(handset).length > 0);
  const taken = (imeis) => devices.some((one) => sameDevice(one, imeis));
  input("phones").replaceChildren(...phones.map(([device, handset]) =>
    h("label", {}, h("input", { type: "checkbox", value: handset.id, checked: taken(ofPhone(handset)) }), h("span", {}, nameOf(handset, device), " ", h("span", { class: "code" }, ofPhone(handset).join(" "))))));
  show(input("phones-none"), phones.length === 0);
  const here = phones.flatMap(([, handset]) => ofPhone(handset));
  const typed = devices.filter((one) => !sameDevice(one, here));
  input("typed").value = typed.map((one) => [one.maker ?? "", one.model ?? "", ...one.imeis].join(";")).join("\n");
}

const ticked = () => bench().map(handsetAt).filter((handset) => handset && input("phones").querySelector(`[value="${CSS.escape(handset.id)}"]:checked`));

const lines = () => input("typed").value.split("\n").map((line) => line.trim()).filter(Boolean);

/** A line: maker; model; IMEI; IMEI. Numbers alone will do. */
function parts(line) {
  const all = line.split(/[;,\t]+/).map((part) => part.trim());
  const isNumber = (part) => /^[\d\s./-]{8,}$/.test(part);
  const numbers = all.filter(isNumber).flatMap((part) => (imeiTrouble(part) ? part.split(/\s+/) : [part]));
  const [maker, model] = all.filter((part) => !isNumber(part));
  return { maker: maker || undefined, model: model || undefined, imeis: numbers.map((part) => part.replace(/\D/g, "")) };
}

/** Without what nobody gave. */
const given = (one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined && value !== null));

function devices() {
  const typed = lines().map(parts).map(given);
  const phones = ticked().map((handset) => {
    const imeis = ofPhone(handset);
    const { maker, model, serial } = handset;
    // A line about a phone that is ticked says what the phone itself did not.
    return { ...typed.find((one) => sameDevice(one, imeis)), ...given({ imeis, maker, model, serial, handset: handset.id }) };
  });
  const others = typed.filter((one) => !phones.some((phone) => sameDevice(one, phone.imeis)));
  // What the form has no field for stays as it is.
  const kept = (one) => ({ ...(filed().devices ?? []).find((before) => sameDevice(before, one.imeis)), ...one });
  return [...phones, ...others].map(kept);
}

function documentRow(one = {}) {
  const field = (name, value, label, attributes = {}) => h("input", { "data-name": name, value: value ?? "", "aria-label": label, placeholder: label, autocomplete: "off", ...attributes });
  const row = h("div", { class: "row document" },
    h("select", { "data-name": "kind", "aria-label": t("brought.document") }, DOCUMENTS.map((code) => h("option", { value: code, selected: code === one.kind }, word("document", code)))),
    field("number", one.number, t("brought.document_number"), { maxlength: 60 }),
    field("date", one.date && localDate(one.date), t("form.date_hint"), { inputmode: "numeric", class: "short" }),
    field("holder", one.holder, t("brought.holder"), { inputmode: "numeric" }),
    field("devices", one.devices, t("brought.document_devices"), { inputmode: "numeric", class: "short" }),
    h("button", { type: "button", "data-action": "remove", onclick: () => row.remove() }, t("brought.remove")));
  row.kept = one;
  return row;
}

function addDocument() {
  const row = documentRow();
  input("documents").append(row);
  return row;
}

/** What is wrong with a number, or whose it is, while it is typed. */
function numberWords() {
  const text = input("number").value.trim();
  if (text === "") return ["", false];
  const { trouble, kind: of } = readCivil(text);
  if (trouble) return [word("civil", trouble), true];
  return fits(input("applicant").value, of) ? [word("civil", of), false] : [`${word("civil", of)}. ${word("cure", "applicant_number")}`, true];
}

function countryWords() {
  const code = input("country").value.trim().toUpperCase();
  if (code === "") return ["", false];
  const language = document.documentElement.lang;
  const name = /^[A-Z]{2}$/.test(code) ? new Intl.DisplayNames([language, "ru"], { type: "region", fallback: "none" }).of(code) : undefined;
  return name ? [name, false] : [t("brought.bad_country"), true];
}

function typedWords() {
  const troubles = lines().flatMap((line, at) => {
    const { imeis } = parts(line);
    const code = imeis.length ? imeis.map(imeiTrouble).find(Boolean) : "empty";
    return code ? [t("form.bad_line", { n: at + 1, text: word("parse", code) })] : [];
  });
  return [troubles.join("; "), troubles.length > 0];
}

/** Tells at once what is wrong; gives the name of the first field that is. */
function hints() {
  const all = { number: numberWords(), country: countryWords(), typed: typedWords() };
  for (const [name, [text, bad]] of Object.entries(all)) {
    input(`${name}-hint`).textContent = text;
    input(`${name}-hint`).classList.toggle("fine", !bad);
    mark(input(name), bad);
  }
  return Object.keys(all).find((name) => all[name][1]);
}

function mark(field, bad) {
  if (bad) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

function refuse(field, text) {
  mark(field, true);
  field.focus();
  return new Problem(422, "form", text);
}

function day(field) {
  const text = field.value.trim();
  if (!text) return undefined;
  const date = readDate(text);
  if (!date) throw refuse(field, t("form.bad_date"));
  mark(field, false);
  return date;
}

function civil(field) {
  const text = field.value.trim();
  if (!text) return undefined;
  const { trouble, digits } = readCivil(text);
  if (trouble) throw refuse(field, word("civil", trouble));
  mark(field, false);
  return digits;
}

function documents() {
  return [...input("documents").children].map((row) => {
    const field = (name) => row.querySelector(`[data-name="${name}"]`);
    const number = field("number").value.trim() || undefined;
    const count = field("devices").value.trim();
    if (count && !/^\d{1,4}$/.test(count)) throw refuse(field("devices"), t("brought.bad_count"));
    return { ...row.kept, kind: field("kind").value, number, date: day(field("date")), holder: civil(field("holder")), devices: count ? Number(count) : undefined };
    // A row that nobody filled in is no document.
  }).filter((one) => one.number || one.date || one.holder || one.devices || one.files);
}

/** What the form says, as the API wants it; throws a text that says what is missing. */
function read() {
  const reference = input("reference").value.trim();
  if (!reference) throw refuse(input("reference"), t("brought.no_reference"));
  const bad = hints();
  if (bad) throw refuse(input(bad), input(`${bad}-hint`).textContent);
  const number = civil(input("number"));
  const filing = {
    ...filed(), reference,
    applicant: number && { kind: input("applicant").value, number },
    devices: devices(),
    country: input("country").value.trim().toUpperCase() || undefined,
    imported_on: day(input("date")),
    documents: documents(),
  };
  if (kind() === "personal") Object.assign(filing, { basis: input("basis").value, delivery_service: input("delivery").value.trim() || undefined });
  return { [kind()]: filing };
}

let saving = false;

async function save() {
  if (saving) return;
  saving = true;
  try {
    const filing = read();
    const { status, body } = shown ? await write("PUT", `/cases/${shown.id}`, filing) : await write("POST", "/cases", filing);
    const { preflight, fee, ...one } = body;
    const done = shown ? t("form.saved") : status === 200 ? t("form.opened_before") : t("form.opened");
    shown = one;
    take("case", one);
    for (const name of ["kind", "reference"]) input(name).disabled = true;
    outcome(h("p", {}, h("strong", { class: "good" }, `✓ ${done}. `), preflight.length ? `${t("form.findings")}:` : t("form.fine"), fee && ` ${t("brought.fee", { n: fee.tenge, devices: fee.devices })}`),
      preflight.length ? preflightOf(preflight) : "");
    input("outcome").scrollIntoView({ block: "nearest" });
    byId("brought-close").focus();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    outcome(problem.code === "form" ? h("p", { class: "bad" }, severityMark("stop"), " ", problem.detail) : problemOf(problem));
  } finally {
    saving = false;
  }
}

/** Enter goes to the next field: scanners end every code with it. */
function keydown(event) {
  if (event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    save();
    return;
  }
  const field = event.target.closest("input:not([type=checkbox]), select");
  if (!field) return;
  event.preventDefault();
  const all = [...dialog.querySelectorAll("input, select, textarea, #brought-save")].filter((one) => one.checkVisibility() && !one.disabled);
  all[all.indexOf(field) + 1]?.focus();
}

export function start() {
  byId("brought-new").addEventListener("click", openNew);
  byId("brought-save").addEventListener("click", save);
  byId("brought-close").addEventListener("click", () => dialog.close());
  byId("brought-add").addEventListener("click", () => addDocument().querySelector("select").focus());
  input("kind").addEventListener("change", () => [chooseKind(), hints()]);
  input("basis").addEventListener("change", chooseBasis);
  for (const name of ["applicant", "number", "country", "typed"]) input(name).addEventListener("input", hints);
  dialog.addEventListener("keydown", keydown);
}
