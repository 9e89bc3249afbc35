// A phone as people see it: its IMEIs, what the registry says, what to look at.

import { h } from "./dom.js";
import { date, daysUntil, groups, moment } from "./format.js";
import { lookOfPortals, portalLines } from "./portal.js";
import { answerOf } from "./state.js";
import { t, word } from "./words.js";

const VERDICT_MARKS = { clear: "✓", grace: "◷", blocked: "✕", unknown: "?", undetermined: "…" };
const TRUST_MARKS = { agreed: "✓", single: "·", weak: "!", disputed: "✕" };
const SEVERITY_MARKS = { stop: "✕", warning: "!", info: "i" };
const SEVERITIES = ["info", "warning", "stop"];

/** Maker and model; the product name of the USB device if the phone gave none. */
export function nameOf(handset, device = null) {
  const own = [handset?.maker, handset?.model].filter(Boolean).join(" ");
  if (own || device?.product) return own || device.product;
  if (handset?.hint) return hintText(handset.hint);
  return !device && handset && !handset.device ? t("phone.box") : t("phone.unnamed");
}

/** What a phone probably is by its TAC, and who says so. */
export function hintText({ maker, model, source }) {
  return t("phone.by_tac", { name: [maker, model].filter(Boolean).join(" "), source });
}

/** An IMEI in groups; copied, it is the bare digits. */
export function imeiText(digits) {
  return h("span", { class: "imei", "data-imei": digits }, groups(digits).map((group) => h("span", {}, group)));
}

/** State as a word, with a mark so that colour is not needed. */
export function badge(kind, mark, text, attributes = {}) {
  return h("span", { class: `badge ${kind}`, ...attributes }, h("span", { class: "mark", "aria-hidden": "true" }, mark), text);
}

/** What the registry said of an IMEI. */
export function verdictBadge(answer) {
  if (!answer) return badge("none", "·", t("answer.none"), { "data-verdict": "none" });
  const { verdict } = answer;
  const attributes = { "data-verdict": verdict, title: t("answer.as_of", { source: answer.source, when: moment(answer.as_of) }) };
  return badge(verdict, VERDICT_MARKS[verdict] ?? "?", word("verdict", verdict), attributes);
}

/** Why, or until when; null if there is nothing to add. */
export function verdictDetail(answer) {
  if (answer?.reason) return h("small", { class: "why" }, word("block", answer.reason));
  if (answer?.why) return h("small", { class: "why" }, word("undetermined", answer.why));
  if (!answer?.until) return null;
  const days = daysUntil(answer.until);
  const left = new Date(answer.until) <= Date.now() ? t("answer.over") : days <= 0 ? t("answer.last_day") : t("answer.left", { n: days });
  return h("small", { class: "why" }, `${t("answer.until", { date: date(answer.until) })}, ${left}`);
}

/** What each source said, also if only one was asked. */
export const wordsOf = (answer) => (answer?.said?.length ? answer.said : answer ? [answer] : []);

/** Who said what, when, and how that is known. */
export function saidBy(answer) {
  const lines = wordsOf(answer).map((one) =>
    h("li", { "data-source": one.source, "data-says": one.verdict },
      h("span", { class: "mark", "aria-hidden": "true" }, VERDICT_MARKS[one.verdict] ?? "?"), " ",
      [
        t("answer.as_of", { source: one.source, when: moment(one.as_of) }) + ": " + word("verdict", one.verdict),
        one.reason && word("block", one.reason),
        one.why && word("undetermined", one.why),
        one.until && t("answer.until", { date: date(one.until) }),
        one.from_cache && t("answer.kept"),
        one.seen_by && t("answer.seen_by", { name: one.seen_by.name }),
      ].filter(Boolean).join(" · ")));
  return lines.length ? h("ul", { class: "said" }, lines) : null;
}

/** An IMEI with its verdict. */
export function imeiLine(imei) {
  const answer = answerOf(imei);
  return h("div", { class: "imei-line" }, imeiText(imei), " ", verdictBadge(answer), " ", verdictDetail(answer), saidBy(answer), portalLines(imei));
}

/** What a claim says, if it is a number. */
const digitsOf = ({ value }) => value.imei ?? value.imei14 ?? value.imeisv ?? value.text ?? "";

/** One slot: what it goes by, and what others said. */
function slotRow(slot) {
  const others = slot.said.filter((said) => digitsOf(said) !== slot.imei);
  const sources = [...new Set(slot.said.filter((said) => digitsOf(said) === slot.imei).map((said) => word("source", said.source)))];
  return h(
    "div", { class: "slot", "data-slot": slot.slot },
    h("span", { class: "slot-name" }, t("phone.slot", { n: slot.slot })),
    h("div", {},
      slot.imei ? imeiLine(slot.imei) : h("span", { class: "why" }, t("phone.unread")),
      slot.imei && sources.length > 0 && trustLine(slot.trust, sources),
      others.map(otherSaid),
    ),
  );
}

/** How far a number can be relied on, and who gave it. */
function trustLine(trust, sources) {
  return h("small", { class: `trust ${trust ?? ""}`, "data-trust": trust },
    trust && h("span", { class: "mark", "aria-hidden": "true" }, TRUST_MARKS[trust] ?? "?"),
    [trust && word("trust", trust), t("phone.says", { source: sources.join(", ") })].filter(Boolean).join(" · "));
}

function otherSaid(said) {
  const { value } = said;
  const answer = value.imei ? answerOf(value.imei) : null;
  return h(
    "div", { class: "other" },
    h("small", {}, `${word("source", said.source)}: `), imeiText(digitsOf(said)), " ",
    value.imei && verdictBadge(answer),
    value.imei14 && h("small", { class: "why" }, t("phone.short")),
    value.form === "rejected" && h("small", { class: "why" }, whyRejected(value)),
  );
}

/** A reason is a word, or a word with details. */
function whyRejected({ reason }) {
  return word("parse", typeof reason === "string" ? reason : Object.keys(reason)[0]);
}

/** Text that stood where an IMEI belongs. */
export const rejectedLine = (value) => h("div", { class: "imei-line" }, imeiText(value.text), " ", h("small", { class: "why" }, whyRejected(value)));

export const slotsOf = (handset) => h("div", { class: "slots" }, handset.slots.map(slotRow));

/** Worst first. */
export function sorted(findings) {
  return [...findings].sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
}

/** How grave something is: a mark that a screen reader reads as a word. */
export function severityMark(severity) {
  return h("span", { class: `severity ${severity}`, role: "img", "aria-label": word("severity", severity), title: word("severity", severity) }, SEVERITY_MARKS[severity] ?? "!");
}

function findingText(finding) {
  const slot = finding.slot ? `${t("phone.slot", { n: finding.slot })}: ` : "";
  if (finding.code === "suspicious") return `${slot}${word("finding", finding.code)}: ${word("suspicion", finding.suspicion)}`;
  if (finding.code === "exchange") return `${slot}${word("finding", finding.code)}: ${word("note", finding.note)}`;
  const said = slot + word("finding", finding.code);
  if (finding.code === "model_differs_from_tac") return `${said} (${known(finding.known)})`;
  if (finding.code === "tac_too_old") return `${said} (≤ ${finding.allocated.year} / ≥ ${finding.said.year})`;
  return said;
}

/** What is known of a TAC, and who says so. */
function known({ maker, model, source }) {
  const by = source.kind === "import" ? source.name : `TAC × ${source.handsets}`;
  return hintText({ maker, model, source: by });
}

/** What a person should know about a phone. */
export function findingsOf(handset) {
  if (handset.findings.length === 0) return null;
  return h("ul", { class: "findings" }, sorted(handset.findings).map((finding) =>
    h("li", { "data-finding": finding.code, "data-severity": finding.severity }, severityMark(finding.severity), h("span", {}, findingText(finding)))));
}

/** Which device or document of a case a field is in: "№ 3: ". */
function nth(field) {
  const at = /^(?:devices|documents)\[(\d+)\]/.exec(field);
  return at ? `№ ${Number(at[1]) + 1}: ` : "";
}

/** Findings about a case, with what to do. */
export function preflightOf(findings) {
  return h("ul", { class: "findings" }, sorted(findings).map((finding) =>
    h("li", { "data-preflight": finding.code, "data-severity": finding.severity, "data-field": finding.field },
      severityMark(finding.severity),
      h("span", {}, h("strong", {}, nth(finding.field), word("preflight", finding.code)), h("br"), word("cure", finding.code)))));
}

/** Operating system, serial number and eSIM identities. */
export function facts(handset) {
  const rows = [];
  if (handset.os) rows.push(h("span", {}, h("small", {}, `${t("phone.os")} `), handset.os));
  if (handset.sim_slots) rows.push(h("span", {}, t("phone.sims", { n: handset.sim_slots })));
  if (handset.serial) rows.push(h("span", {}, h("small", {}, `${t("phone.serial")} `), h("span", { class: "code" }, handset.serial)));
  for (const eid of handset.eids) rows.push(h("span", {}, h("small", {}, `${t("phone.eid")} `), h("span", { class: "code" }, eid)));
  return rows.length ? h("p", { class: "facts" }, rows) : null;
}

/** Everything that the look of a phone depends on. */
export function lookOf(handset) {
  if (!handset) return "";
  const imeis = handset.slots.flatMap((slot) => slot.said).map((said) => said.value.imei).filter(Boolean);
  return JSON.stringify([handset, imeis.map(answerOf), lookOfPortals(imeis), date(Date.now())]);
}

/** IMEIs that these sources gave, in the order of the slots, each once. */
export function imeisFrom(handset, wanted) {
  const all = handset.slots.flatMap((slot) => slot.said).filter((said) => said.value.form === "imei" && wanted(said.source));
  return [...new Set(all.map((said) => said.value.imei))];
}
