// Requests to the station.

import { hasWord, t, word } from "./words.js";

let token = null;
let refused = () => {};

/** Sets the token to use, and what to do when the station refuses it. */
export function setToken(value, onRefused) {
  token = value;
  refused = onRefused;
}

/** Why a request failed. `code` is stable; `detail` is the station's own text. */
export class Problem extends Error {
  constructor(status, code, detail, findings = [], of = null) {
    super(code);
    Object.assign(this, { status, code, detail, findings, case: of });
  }

  /** What to tell a person. */
  get text() {
    return hasWord("problem", this.code) ? word("problem", this.code) : this.detail || t("problem.other");
  }
}

/** Sends a request with the token; the answer is a response whose status is fine. */
export async function send(path, options = {}) {
  const used = token;
  const headers = { Authorization: `Bearer ${used}`, ...options.headers };
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "network", "");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) refused(used);
  throw new Problem(response.status, body.code ?? "other", body.detail ?? "", body.findings ?? [], body.case);
}

const json = async (response) => ({ status: response.status, body: await response.json() });

export const get = async (path) => (await json(await send(`/api/v1${path}`))).body;

/** Sends a body; gives the status and the body that came back. */
export async function write(method, path, body, headers = {}) {
  const options = {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
  return json(await send(`/api/v1${path}`, options));
}

export const post = async (path, body, headers) => (await write("POST", path, body, headers)).body;
