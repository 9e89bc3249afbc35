// Phones that are not on the bench: swept boxes, and those that were pulled out.

import { byId, h, show, showList } from "./dom.js";
import { moment, place } from "./format.js";
import { badge, findingsOf, imeiLine, lookOf, nameOf, rejectedLine } from "./phone.js";
import { repeated } from "./scan.js";
import { bench, handsetAt, loadMoreHandsets, newest, state } from "./state.js";
import { t } from "./words.js";

const STEP = 50;
let wanted = STEP;

/** Phones that are not plugged in now, newest first. */
export function away() {
  const here = new Set(bench().map((device) => handsetAt(device)?.id));
  return newest(state.handsets).filter((handset) => !here.has(handset.id));
}

export function draw() {
  const all = away();
  const look = (handset) => `${repeated.has(handset.id)} ${lookOf(handset)}`;
  showList(byId("boxes"), all.slice(0, wanted), (handset) => handset.id, look, row);
  byId("boxes-count").textContent = all.length ? `${all.length}${state.moreHandsets ? "+" : ""}` : "";
  show(byId("boxes-table"), all.length > 0);
  show(byId("boxes-empty"), all.length === 0);
  show(byId("boxes-more"), all.length > wanted || state.moreHandsets !== null);
}

function row(handset) {
  const values = handset.slots.flatMap((slot) => slot.said).map((said) => said.value);
  const imeis = [...new Set(values.map((value) => value.imei).filter(Boolean))];
  const rejected = values.filter((value) => value.form === "rejected");
  return h("tr", { "data-handset": handset.id },
    h("td", { class: "when" }, moment(handset.last_seen)),
    h("td", {},
      h("strong", {}, nameOf(handset)),
      handset.device && h("small", {}, h("br"), t("boxes.was_on", { place: place(handset.device) })),
      handset.serial && h("small", {}, h("br"), h("span", { class: "code" }, handset.serial)),
      repeated.has(handset.id) && [h("br"), badge("repeat", "!", t("boxes.repeat"), { "data-repeat": true })]),
    h("td", {}, imeis.map(imeiLine), rejected.map(rejectedLine), imeis.length + rejected.length === 0 && h("small", {}, t("phone.unread")), findingsOf(handset)));
}

export function start() {
  byId("boxes-more").addEventListener("click", async () => {
    wanted += STEP;
    if (away().length < wanted && state.moreHandsets) await loadMoreHandsets();
    draw();
  });
}
