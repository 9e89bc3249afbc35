// Batches on their way to a registry.

import { submit } from "./cases.js";
import { referenceOf, refusalsOf } from "./casewords.js";
import { byId, h, show, showList } from "./dom.js";
import { moment, time } from "./format.js";
import { badge, severityMark } from "./phone.js";
import { say } from "./say.js";
import { newest, state } from "./state.js";
import { t, word } from "./words.js";

const MARKS = {
  ready: "○", signed: "○", sending: "→", uncertain: "?", accepted: "→",
  in_review: "◷", info_requested: "!", approved: "✓", rejected: "✕",
};
const FINAL = ["approved", "rejected"];
const STEPS_SHOWN = 9;

const nameOfCase = (id) => (state.cases.has(id) ? referenceOf(state.cases.get(id)) : id);
const casesOf = (batch) => (state.batches.get(batch)?.cases ?? []).map(nameOfCase);

export function draw() {
  const under = new Set([...state.submissions.values()].map((one) => one.batch));
  const waiting = newest(state.batches).filter((batch) => !under.has(batch.id));
  const items = [...waiting, ...newest(state.submissions)];
  const look = (one) => JSON.stringify([one, casesOf(one.batch ?? one.id)]);
  showList(byId("submissions"), items, (one) => one.id, look, (one) => (one.batch ? card(one) : unsent(one)));
  show(byId("submissions-empty"), items.length === 0);
}

/** A batch that was signed when something kept it from being submitted. */
function unsent(batch) {
  const go = () => submit(batch.id).catch((problem) => say(problem.text));
  return h("li", { class: "card", "data-batch": batch.id },
    h("p", {}, severityMark("warning"), " ", t("submissions.signed_only")),
    h("p", { class: "where" }, t("submissions.cases", { names: casesOf(batch.id).join(", ") })),
    h("button", { type: "button", "data-focus": `submit ${batch.id}`, onclick: go }, t("submissions.submit")));
}

function card(one) {
  const name = one.application ? t("submissions.application", { name: one.application }) : t("submissions.no_application");
  return h("li", { class: "card", "data-submission": one.id, "data-batch": one.batch, "data-state": one.state },
    h("div", { class: "head" }, h("strong", {}, name), badge(one.state, MARKS[one.state] ?? "", word("submission", one.state), { "data-submission-state": one.state })),
    h("p", { class: "where" }, one.registry, " · ", t("submissions.cases", { names: casesOf(one.batch).join(", ") })),
    h("ol", { class: "steps" }, one.steps.slice(-STEPS_SHOWN).map(step)),
    one.message && h("p", {}, severityMark("warning"), " ", t("submissions.asks", { text: one.message })),
    troubleOf(one),
    (one.decisions ?? []).filter((decision) => decision.refusals.length).map((decision) =>
      h("div", { class: "decision", "data-case": decision.case }, h("strong", {}, nameOfCase(decision.case)), refusalsOf(decision.refusals))));
}

const step = (one) => h("li", { "data-step": one.state }, word("submission", one.state), " ", h("time", { datetime: one.at, title: moment(one.at) }, time(one.at)));

function troubleOf(one) {
  if (!one.trouble) return null;
  const more = [];
  if (one.attempts) more.push(t("submissions.attempts", { n: one.attempts }));
  if (one.next_at && !FINAL.includes(one.state)) more.push(t("submissions.next", { when: time(one.next_at) }));
  return h("div", { class: "trouble" }, h("span", {}, t("submissions.trouble", { text: word("trouble", one.trouble.code) })), more.length > 0 && h("small", {}, h("br"), more.join(" · ")));
}
