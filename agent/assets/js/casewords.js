// How cases, refusals and problems are worded.

import { h } from "./dom.js";
import { badge, preflightOf, severityMark } from "./phone.js";
import { state } from "./state.js";
import { t, word } from "./words.js";

/** What a case files, whatever its kind. */
const filingOf = (one) => one.replacement ?? one.import ?? one.personal;

/** The work order of a case, or the reference. */
export const referenceOf = (one) => filingOf(one).work_order ?? filingOf(one).reference;

/** The phones of a case that were read here. */
export const handsetsOf = (one) => [one.replacement?.handset, ...(filingOf(one).devices ?? []).map((device) => device.handset)].filter(Boolean);

const MARKS = { open: "○", batched: "→", approved: "✓", refused: "✕" };

/** How far a case has come. */
export const stateBadge = (one) => badge(one.state, MARKS[one.state] ?? "", word("case", one.state), { "data-case-state": one.state });

/** Why a registry refused a case. */
export function refusalsOf(refusals) {
  return h("ul", { class: "findings" }, refusals.map((code) =>
    h("li", { "data-refusal": code }, severityMark("stop"), h("span", {}, word("refusal", code)))));
}

/** A problem in words, with the findings that it names. */
export function problemOf(problem) {
  const one = state.cases.get(problem.case);
  const name = one && referenceOf(one);
  const title = problem.code === "would_be_refused" && name ? t("cases.would_be_refused", { name }) : problem.text;
  return h("div", { class: "card problem", "data-problem": problem.code },
    h("p", {}, severityMark("stop"), " ", h("strong", {}, title)),
    !problem.findings.length && problem.detail && h("p", {}, h("small", {}, problem.detail)),
    problem.findings.length > 0 && preflightOf(problem.findings));
}
