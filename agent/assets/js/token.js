// The token that opens the API. It comes in the part of the address that never leaves the
// browser, and is kept for this origin only.

const KEY = "tekser.token";

/** Moves the token out of the address bar, and gives the one to use; null if there is none. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    localStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return localStorage.getItem(KEY);
}

export function keepToken(token) {
  localStorage.setItem(KEY, token);
}

/** Forgets the token, unless it was replaced meanwhile. */
export function forgetToken(token) {
  if (localStorage.getItem(KEY) === token) localStorage.removeItem(KEY);
}
