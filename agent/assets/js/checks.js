// Asking the registry about a number without a phone.

import { post } from "./api.js";
import { byId, h, show } from "./dom.js";
import { badge, hintText, imeiText, saidBy, severityMark, verdictBadge, verdictDetail, wordsOf } from "./phone.js";
import { suspicionSeverity, t, word } from "./words.js";

const KEPT = 20;
const field = byId("check-text");

/** Numbers in a text, divided by line ends, commas or semicolons, or by spaces if each is whole. */
export function numbers(text) {
  const pieces = text.split(/[\n,;]+/).map((piece) => piece.trim()).filter(Boolean);
  return pieces.flatMap((piece) => {
    const words = piece.split(/\s+/);
    return words.length > 1 && words.every((one) => one.length >= 14) ? words : [piece];
  });
}

async function ask() {
  const imeis = numbers(field.value);
  if (imeis.length === 0) return;
  if (await check({ imeis })) field.value = "";
}

/** Asks, and shows what was said above what was said before; whether there was an answer. */
async function check(question) {
  const list = byId("checks");
  show(byId("checks-empty"), false);
  try {
    const { items } = await post("/checks", question);
    list.prepend(...items.map(result));
    return true;
  } catch (problem) {
    list.prepend(h("li", { class: "card problem", "data-problem": problem.code }, severityMark("stop"), " ", problem.text, " ", h("small", {}, problem.detail)));
    return false;
  } finally {
    while (list.children.length > KEPT) list.lastChild.remove();
  }
}

/** Where a paid question has no answer, only a person may have it paid once more. */
function payAgain(item) {
  const unpaid = wordsOf(item).some((one) => one.why === "paid_already" || one.why === "stale");
  if (!unpaid) return null;
  const button = h("button", { type: "button", "data-pay-again": item.imei }, t("check.pay_again"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.disabled = await check({ imeis: [item.imei], pay_again: true });
  });
  return button;
}

function result(item) {
  if (item.error) {
    return h("li", { class: "card problem", "data-error": item.error },
      h("span", { class: "code" }, item.text), " ", badge("blocked", "✕", word("parse", item.error)));
  }
  return h("li", { class: "card", "data-check": item.imei, "data-verdict": item.verdict },
    h("div", { class: "imei-line" }, imeiText(item.imei), " ", verdictBadge(item), " ", verdictDetail(item)),
    item.hint ? h("small", { class: "why" }, hintText(item.hint)) : null,
    item.suspicions.length
      ? h("ul", { class: "findings" }, item.suspicions.map((code) => h("li", { "data-suspicion": code }, severityMark(suspicionSeverity[code]), h("span", {}, word("suspicion", code)))))
      : h("p", { class: "why" }, t("check.ordinary")),
    saidBy(item), payAgain(item));
}

/** Lines that are pasted stay apart in a field of one line. */
function paste(event) {
  const text = event.clipboardData.getData("text");
  if (!text.includes("\n")) return;
  event.preventDefault();
  field.setRangeText(text.trim().replace(/\s*\n\s*/g, "; "), field.selectionStart, field.selectionEnd, "end");
}

export function start() {
  byId("check-ask").addEventListener("click", ask);
  field.addEventListener("paste", paste);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") ask();
  });
}

export const focus = () => field.focus();
