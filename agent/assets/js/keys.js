// Work without a mouse: keys, and where the scanner's typing goes.

import { readAgain, step } from "./bench.js";
import { newCase, submitBatch } from "./cases.js";
import * as checks from "./checks.js";
import { byId } from "./dom.js";
import * as portal from "./portal.js";
import * as scan from "./scan.js";

const FIELDS = "input, textarea, select";
const ACTIONS = { F2: scan.toggleSame, F3: scan.toggleScreen, F4: () => readAgain(), F6: portal.checkSelected, F7: checks.focus, F8: newCase, F9: submitBatch };
const dialogOpen = () => document.querySelector("dialog[open]") !== null;
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function keydown(event) {
  if (dialogOpen() || byId("station").hidden) return;
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
  if (!plain) return;
  if (ACTIONS[event.key]) {
    event.preventDefault();
    ACTIONS[event.key]();
  } else if (event.key === "Escape") {
    scan.focus();
  } else if (event.key in STEPS && event.target.id === "scan-text" && scan.isEmpty() && !event.shiftKey) {
    event.preventDefault();
    step(STEPS[event.key]);
  } else if (event.key.length === 1 && event.key !== " " && !event.target.closest(FIELDS)) {
    // What is typed outside of any field comes from a scanner.
    scan.focus();
  }
}

/** After a click the scanner types into its field again. */
function click(event) {
  if (dialogOpen() || byId("station").hidden) return;
  const own = event.target.closest("select, textarea, input:not([type=checkbox]), a, summary");
  if (own || String(getSelection())) return;
  // A click made by the keyboard leaves the focus where the person put it.
  if (event.detail > 0) scan.focus();
}

export function start() {
  document.addEventListener("keydown", keydown);
  document.addEventListener("click", click);
  for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("close", scan.focus);
  addEventListener("focus", () => document.activeElement === document.body && !dialogOpen() && scan.focus());
}
