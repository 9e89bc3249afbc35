// Scanners: how they are, what happened to them, what they read last.

import { write } from "./api.js";
import { byId, h, show, showList } from "./dom.js";
import { place, time } from "./format.js";
import { badge, severityMark } from "./phone.js";
import { say } from "./say.js";
import { scannerDevices, scansOf, state } from "./state.js";
import { hasWord, t, word } from "./words.js";

const STATE_MARKS = { connected: "✓", silent: "…", away: "·", failed: "✕", starting: "↻" };
const VERDICT_MARKS = { valid: "✓", wrong: "✕", suspicious: "!" };
/** Findings that stay until somebody has taken note of them. */
const NOTABLE = ["refused", "missing", "rewound", "crashed", "hung"];

const pathOf = (name, what) => `/scanners/${encodeURIComponent(name)}/${what}`;

async function ask(name, what) {
  try {
    await write("POST", pathOf(name, what));
  } catch (problem) {
    say(problem.text);
  }
}

/** Scanners that can be asked for something. */
const askable = () => [...state.scanners.values()].filter((one) => one.kind === "tekser" && one.state === "connected");

/** What is scanned next is another box, for every scanner too. */
export function nextBoxes() {
  askable().forEach((one) => ask(one.name, "next-box"));
}

let told = JSON.stringify({ device: null, source: "label" });

/** Tells the station what is being scanned: a scanner does not know which phone is selected. */
export function choose(device, source) {
  const wanted = JSON.stringify({ device, source });
  if (wanted === told || state.scanners.size === 0) return;
  told = wanted;
  // A device that was pulled out this moment is nobody's choice.
  write("PUT", "/counter", JSON.parse(wanted)).catch(() => {});
}

/** Draws the section; it is there once a scanner was. */
export function draw() {
  const unheard = scannerDevices().filter((device) => device.state !== "connected");
  const items = [...state.scanners.values(), ...unheard];
  show(byId("scanners-section"), items.length > 0);
  const keyOf = (one) => one.name ?? one.id;
  const lookOf = (one) => JSON.stringify([one, one.name && scansOf(one.name)]);
  showList(byId("scanners"), items, keyOf, lookOf, (one) => (one.name ? card(one) : deviceCard(one)));
}

function frame(key, stateName, title, label, ...children) {
  return h("li", { class: `card scanner ${stateName}`, "data-scanner": key, "data-state": stateName },
    h("div", { class: "head" }, h("strong", {}, title), badge(stateName, STATE_MARKS[stateName] ?? "", label)), children);
}

/** A scanner that is plugged in and not heard. */
function deviceCard(device) {
  const { code } = device;
  const cure = hasWord("scanner_failure", code) ? word("scanner_failure", code) : word("failure_cure", code);
  return frame(device.id, device.state, device.product ?? t("scanners.tekser"), word("device", device.state),
    h("p", { class: "where" }, place(device.id)),
    device.state === "failed" && h("div", { class: "trouble", role: "note" }, h("strong", {}, word("failure", code)), h("br"), cure, device.message && [h("br"), h("small", {}, device.message)]));
}

function card(scanner) {
  const title = scanner.kind === "plain" ? (scanner.product ?? place(scanner.name)) : `${t("scanners.tekser")} ${scanner.name.slice(-4)}`;
  return frame(scanner.name, scanner.state, title, word("scanner_state", scanner.state),
    h("p", { class: "where" }, facts(scanner).join(" · ")), findings(scanner), codes(scanner), actions(scanner));
}

function facts({ device, firmware, report, refused }) {
  return [
    device && place(device),
    firmware && t("scanners.firmware", { name: firmware }),
    report && t("scanners.engine", { state: word("engine", report.engine) }),
    report && t("scanners.waiting", { n: report.waiting }),
    refused > 0 && t("scanners.refused", { n: refused }),
  ].filter(Boolean);
}

function findings(scanner) {
  if (scanner.findings.length === 0) return null;
  return h("ul", { class: "findings" }, scanner.findings.map((finding) =>
    h("li", { "data-finding": finding.code, "data-severity": finding.severity },
      severityMark(finding.severity),
      h("span", {}, h("strong", {}, t(`scanner_finding.${finding.code}`, { n: finding.count ?? "" })), h("br"), word("scanner_cure", finding.code),
        finding.code === "crashed" && [h("br"), h("small", { class: "code" }, finding.message)]))));
}

function codes(scanner) {
  const scans = scansOf(scanner.name);
  if (scans.length === 0) return null;
  return h("ol", { class: "codes", "aria-label": t("scanners.last") }, scans.map((scan) =>
    h("li", { "data-scan": scan.id, "data-verdict": scan.verdict },
      h("time", {}, time(scan.at)), " ",
      h("span", { class: "mark", role: "img", "aria-label": scan.verdict ? word("scan_verdict", scan.verdict) : "" }, VERDICT_MARKS[scan.verdict] ?? "·"), " ",
      h("span", { class: "code" }, scan.text),
      scan.problem && h("small", { class: "why", "data-problem": scan.problem }, ` ${word("scan_problem", scan.problem)}`),
      scan.late && h("small", { class: "why" }, ` ${t("scanners.late")}`))));
}

function button(scanner, what, text) {
  return h("button", { type: "button", class: "act", "data-action": what, "data-focus": `${what} ${scanner.name}`, onclick: () => ask(scanner.name, what) }, text);
}

function actions(scanner) {
  const isAskable = scanner.kind === "tekser" && scanner.state === "connected";
  const isNotable = scanner.findings.some((finding) => NOTABLE.includes(finding.code));
  if (!isAskable && !isNotable) return null;
  return h("footer", {},
    isAskable && [button(scanner, "identify", t("scanners.identify")), " ", button(scanner, "next-box", t("scanners.next_box")), " "],
    isNotable && button(scanner, "note", t("scanners.note")));
}
