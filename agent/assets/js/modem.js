// A phone that hides its modem port: what showing it does, and whether a person really wants it.

import { write } from "./api.js";
import { h } from "./dom.js";
import { say } from "./say.js";
import { changed } from "./state.js";
import { t } from "./words.js";

/** Plug-ins whose button was pressed once. */
const pressed = new Set();

const keyOf = (device) => `${device.id} ${device.since}`;

/** Whether a person is being asked if they are sure. */
export const isAsking = (device) => pressed.has(keyOf(device));

function ask(device, wanted) {
  if (wanted) pressed.add(keyOf(device));
  else pressed.delete(keyOf(device));
  changed();
}

async function showModem(device, { currentTarget }) {
  // The button is gone in a moment; the keyboard stays at this phone.
  currentTarget.closest(".tile")?.querySelector(".pick")?.focus();
  ask(device, false);
  try {
    await write("POST", `/devices/${encodeURIComponent(device.id)}/modem`);
  } catch (problem) {
    say(problem.text);
  }
}

function button(device, action, focus, text, press) {
  return h("button", { type: "button", class: "act", "data-action": action, "data-focus": `${focus} ${device.id}`, onclick: press }, text);
}

/** The offer to show the port. Who presses twice by mistake has said no: that button takes the focus. */
export function offer(device) {
  if (!device.hidden_modem || device.state === "reading" || device.waiting_until) return null;
  if (!isAsking(device)) {
    return h("div", { class: "modem", role: "note" }, h("p", {}, t("bench.modem")),
      button(device, "modem", "modem", t("bench.modem_ask"), () => ask(device, true)));
  }
  return h("div", { class: "modem", role: "alert" }, h("p", {}, t("bench.modem_sure")),
    button(device, "modem-no", "modem", t("bench.modem_no"), () => ask(device, false)), " ",
    button(device, "modem-yes", "modem-yes", t("bench.modem_yes"), (event) => showModem(device, event)));
}
