// Portals that answer people only: who looked, and the form in which to say what was seen.
//
// The station never opens a portal, and this page asks it nothing: it puts the IMEI on the
// clipboard and has the browser open the portal's own page, where a person looks.

import { Problem, get, write } from "./api.js";
import { byId, h, show } from "./dom.js";
import { date, moment, readDate } from "./format.js";
import { say } from "./say.js";
import * as shot from "./screenshot.js";
import { handsetAt, portalAnswer, state } from "./state.js";
import { t, word } from "./words.js";

const dialog = byId("portal-dialog");
const input = (name) => byId(`portal-${name}`);
const NAME = "tekser.name";
/** The usual first; a portal that names no reason is the most usual. */
const REASONS = ["prohibited", "grace_expired", "altered", "block_listed", "stolen", "lost", "fraud", "non_payment", "regulatory", "replaced_away"];

/** What the form is about. */
let about = null;

const isKnown = (answer) => answer && answer.verdict !== "undetermined";

/** Who looked for an IMEI on each portal, and a way to look. */
export function portalLines(imei) {
  return state.portals.map((portal) => {
    const answer = portalAnswer(imei, portal.name);
    const known = isKnown(answer);
    const name = state.portals.length > 1 ? `${portal.name}: ` : "";
    return h("div", { class: "portal-line", "data-portal": portal.name },
      answer?.seen_by && h("small", { class: "why" }, name, t("portal.seen_by", { name: answer.seen_by.name, when: moment(answer.as_of) })), " ",
      h("button", {
        type: "button", class: "act", "data-action": known ? "portal-open" : "portal-check", "data-focus": `portal ${portal.name} ${imei}`,
        onclick: () => (known ? open(imei, portal) : check(imei, portal)),
      }, name, known ? t("portal.change") : t("portal.check")));
  });
}

/** Everything that these lines depend on. */
export const lookOfPortals = (imeis) => imeis.map((imei) => state.portals.map((portal) => portalAnswer(imei, portal.name)));

/** Looks for the first IMEI of the selected phone that nobody looked for. */
export function checkSelected() {
  const imeis = (handsetAt(state.devices.get(state.selected))?.slots ?? []).map((slot) => slot.imei).filter(Boolean);
  for (const portal of state.portals) {
    const imei = imeis.find((one) => !isKnown(portalAnswer(one, portal.name)));
    if (imei) return check(imei, portal);
  }
  return say(state.portals.length ? t("portal.nothing_to_check") : t("portal.none"));
}

/** The IMEI to the clipboard, the portal in a new tab, the form here. */
async function check(imei, portal) {
  open(imei, portal);
  await copy();
  window.open(portal.link, "_blank", "noopener,noreferrer");
}

function open(imei, portal) {
  about = { imei, portal };
  for (const field of dialog.querySelectorAll("input, select")) {
    field.value = "";
    field.removeAttribute("aria-invalid");
  }
  input("imei").value = imei;
  input("name").value = localStorage.getItem(NAME) ?? "";
  input("link").href = portal.link;
  input("link").textContent = portal.link;
  input("copied").textContent = "";
  input("outcome").replaceChildren();
  input("history").replaceChildren();
  shot.clear();
  choose();
  if (!dialog.open) dialog.showModal();
  input("verdict").focus();
  loadHistory();
}

/** A browser may refuse: then the number stands selected, to be copied by hand. */
async function copy() {
  const wait = new Promise((_, fail) => setTimeout(fail, 1000, new Error("no answer")));
  try {
    await Promise.race([navigator.clipboard.writeText(about.imei), wait]);
    input("copied").dataset.copied = "true";
    input("copied").textContent = t("portal.copied");
  } catch {
    input("copied").dataset.copied = "false";
    input("copied").textContent = t("portal.copy_by_hand");
    input("imei").focus();
    input("imei").select();
  }
}

const pathOf = (more = "") => `/portal/${about.imei}${more}`;

async function loadHistory() {
  const asked = about;
  try {
    const { history } = await get(`${pathOf()}?portal=${encodeURIComponent(asked.portal.name)}`);
    if (about === asked) showHistory(history);
  } catch (problem) {
    tell(problem);
  }
}

function showHistory(history) {
  show(input("history-title"), history.length > 0);
  input("history").replaceChildren(...history.map((one) =>
    h("li", { "data-sighting": one.id, "data-verdict": one.verdict },
      h("span", { class: one.withdrawn ? "withdrawn" : "" }, h("strong", {}, seen(one)), ` ${t("portal.seen_by", { name: one.seen_by, when: moment(one.seen_at) })}`),
      one.withdrawn && h("small", { class: "why" }, ` ${t("portal.withdrawn", { name: one.withdrawn.by, when: moment(one.withdrawn.at) })}`), " ",
      one.evidence && h("button", { type: "button", "data-action": "shot", onclick: () => shot.load(one.evidence).catch(tell) }, t("portal.show_shot")), " ",
      !one.withdrawn && h("button", { type: "button", "data-action": "withdraw", onclick: () => withdraw(one) }, t("portal.withdraw")))));
}

function seen(one) {
  if (one.verdict === "could_not_check") return `${word("claim", one.verdict)}: ${one.reason}`;
  const more = one.until ? t("answer.until", { date: date(one.until) }) : one.reason && word("block", one.reason);
  return [word("claim", one.verdict), more].filter(Boolean).join(", ");
}

/** Shows the fields that belong to what was seen. */
function choose() {
  const verdict = input("verdict").value;
  show(input("grace"), verdict === "grace");
  show(input("block"), verdict === "blocked");
  show(input("why"), verdict === "could_not_check");
}

/** What the form says; throws a text that says what is missing. */
function read() {
  const verdict = input("verdict").value;
  if (!verdict) throw refuse("verdict", t("portal.no_result"));
  const report = { portal: about.portal.name, verdict, seen_by: input("name").value.trim() };
  if (verdict === "grace") {
    const [until, first] = [readDay("until"), readDay("first")];
    if (Boolean(until) === Boolean(first)) throw refuse("until", t("portal.one_date"));
    Object.assign(report, until ? { until } : { first_connected: first });
  }
  if (verdict === "blocked") report.reason = input("reason").value;
  if (verdict === "could_not_check") {
    report.reason = input("why-text").value.trim();
    if (!report.reason) throw refuse("why-text", t("portal.no_reason"));
  }
  if (!report.seen_by) throw refuse("name", t("portal.no_name"));
  return report;
}

function readDay(name) {
  const text = input(name).value.trim();
  if (!text) return null;
  const day = readDate(text);
  if (!day) throw refuse(name, t("form.bad_date"));
  return day;
}

function refuse(name, text) {
  input(name).setAttribute("aria-invalid", "true");
  input(name).focus();
  return new Problem(422, "form", text);
}

function tell(problem) {
  if (!(problem instanceof Problem)) throw problem;
  const text = problem.code === "form" ? problem.detail : problem.text;
  input("outcome").replaceChildren(h("p", { class: "bad", "data-problem": problem.code }, text),
    problem.code === "sighting" ? h("small", {}, problem.detail) : "");
}

let saving = false;

async function save() {
  if (saving) return;
  for (const field of dialog.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  saving = true;
  const of = about;
  try {
    const report = read();
    localStorage.setItem(NAME, report.seen_by);
    const evidence = await shot.upload();
    const key = { "Idempotency-Key": crypto.randomUUID() };
    await write("POST", `/portal/${of.imei}`, evidence ? { ...report, evidence } : report, key);
    if (about === of) dialog.close();
    say(t("portal.saved"));
  } catch (problem) {
    tell(problem);
  } finally {
    saving = false;
  }
}

async function withdraw(one) {
  const by = input("name").value.trim();
  if (!by) return tell(refuse("name", t("portal.no_name")));
  try {
    const { body } = await write("POST", pathOf("/withdraw"), { sighting: one.id, by });
    showHistory(body.history);
    input("verdict").focus();
  } catch (problem) {
    tell(problem);
  }
}

/** Somebody said what they saw, here or elsewhere. */
export function heard(sighting) {
  if (dialog.open && sighting.imei === about.imei && sighting.portal === about.portal.name) loadHistory();
}

/** Enter goes to the next field. */
function keydown(event) {
  if (event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    save();
    return;
  }
  const field = event.target.closest("input:not([type=file]), select");
  if (!field) return;
  event.preventDefault();
  const all = [...dialog.querySelectorAll("input, select, #portal-save")].filter((one) => one.checkVisibility());
  all[all.indexOf(field) + 1]?.focus();
}

export function start() {
  input("reason").replaceChildren(...REASONS.map((code) => h("option", { value: code }, word("block", code))));
  input("verdict").addEventListener("change", () => {
    choose();
    input("reason").value ||= REASONS[0];
  });
  input("copy").addEventListener("click", copy);
  input("save").addEventListener("click", save);
  input("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", keydown);
  // What was wrong is being mended.
  dialog.addEventListener("input", (event) => {
    event.target.removeAttribute("aria-invalid");
    input("outcome").replaceChildren();
  });
  shot.start(dialog, tell);
}
