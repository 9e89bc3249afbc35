// The page of the station: opens it, keeps what it shows up to date.

import { setToken } from "./api.js";
import * as bench from "./bench.js";
import * as boxes from "./boxes.js";
import * as brought from "./brought.js";
import * as caseform from "./caseform.js";
import * as cases from "./cases.js";
import * as checks from "./checks.js";
import { byId, show } from "./dom.js";
import { follow } from "./events.js";
import * as keys from "./keys.js";
import { nameOf } from "./phone.js";
import * as portal from "./portal.js";
import * as scan from "./scan.js";
import * as scanners from "./scanners.js";
import { handsetAt, load, scansOf, take, watch } from "./state.js";
import * as submissions from "./submissions.js";
import { forgetToken, keepToken, takeToken } from "./token.js";
import { t, word } from "./words.js";

const LANGUAGE = "tekser.language";

/** The language that was chosen last holds until another one is. */
function keepLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const kept = localStorage.getItem(LANGUAGE);
  if (asked) localStorage.setItem(LANGUAGE, document.documentElement.lang);
  else if (kept && kept !== document.documentElement.lang) {
    location.replace(`/?lang=${encodeURIComponent(kept)}${location.hash}`);
    return false;
  }
  return true;
}

function tell(kind, seconds) {
  const element = byId("connection");
  element.dataset.state = kind;
  element.textContent = kind === "wait" ? t("conn.wait", { n: seconds }) : word("conn", kind);
}

/** What changed, for those who do not see the page. */
function announce({ kind, body }) {
  const news = byId("news");
  if (kind === "device" && body.waiting_until) {
    news.textContent = `${nameOf(handsetAt(body), body)}: ${t("bench.allow")}`;
  } else if (kind === "scanner" && body.findings.length > 0 && body.findings[0].severity !== "info") {
    const [{ code, count }] = body.findings;
    news.textContent = `${t("scanners.tekser")}: ${t(`scanner_finding.${code}`, { n: count ?? "" })}`;
  } else if (kind === "device" && body.role !== "scanner" && body.state !== "reading") {
    news.textContent = `${nameOf(handsetAt(body), body)}: ${word("device", body.state)}`;
  } else if (kind === "submission") {
    news.textContent = word("submission", body.state);
  }
}

function ask(bad) {
  show(byId("gate"), true);
  show(byId("token-bad"), bad);
  show(byId("station"), false);
  show(byId("connection"), false);
  byId("token-text").focus();
}

/** Whether a scan was told before: it is told again when its box becomes a phone. */
const knows = (scanned) => scansOf(scanned.scanner).some((one) => one.id >= scanned.id);

let following = null;

function open(token) {
  show(byId("gate"), false);
  show(byId("connection"), true);
  setToken(token, (used) => {
    forgetToken(used);
    ask(true);
  });
  const started = async () => {
    const latest = await load();
    if (byId("station").hidden) {
      show(byId("station"), true);
      scan.focus();
    }
    return latest;
  };
  const taken = (event) => {
    const fresh = event.kind === "scan" && !knows(event.body);
    take(event.kind, event.body);
    if (fresh) scan.takeScanned(event.body);
    if (event.kind === "sighting") portal.heard(event.body);
    announce(event);
  };
  // One that waits for its next try takes up the new token by itself.
  following ??= follow({ start: started, take: taken, tell }).finally(() => {
    following = null;
  });
}

function gate() {
  const go = () => {
    // The whole address may have been pasted.
    const text = byId("token-text").value.trim();
    const token = text.split("token=").pop();
    if (!token) return;
    byId("token-text").value = "";
    keepToken(token);
    open(token);
  };
  byId("token-open").addEventListener("click", go);
  byId("token-text").addEventListener("keydown", (event) => event.key === "Enter" && go());
}

function start() {
  const rooms = [scan, bench, scanners, boxes, cases, submissions];
  const draw = () => rooms.forEach((room) => room.draw());
  watch(draw);
  [scan, bench, boxes, cases, brought, caseform, checks, portal, keys].forEach((room) => room.start());
  gate();
  const token = takeToken();
  if (token) open(token);
  else ask(false);
  // The address with a token was opened in a page that is open already.
  addEventListener("hashchange", () => location.hash.includes("token=") && location.reload());
  // Days that are left are counted anew.
  setInterval(draw, 60_000);
}

if (keepLanguage()) start();
