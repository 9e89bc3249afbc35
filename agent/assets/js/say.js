// One line beside the scan field.

import { byId } from "./dom.js";

/** Says something beside the scan field. */
export function say(text) {
  byId("say").textContent = text;
}
