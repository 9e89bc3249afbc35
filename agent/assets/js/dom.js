// Building the document. Text is only ever set as text.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element. Attributes that are null, undefined or false are left out; those that begin
 * with "on" are listeners. Children are nodes or texts; null and false are left out.
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const shown = new WeakMap();

/**
 * Shows one element per item in `list`, in order. An element is built anew only if `look`, which
 * sums up everything it shows, is another than before; the focus stays where it was.
 */
export function showList(list, items, keyOf, lookOf, build) {
  const before = shown.get(list) ?? new Map();
  const after = new Map();
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const focus = focused?.dataset.focus;
  for (const item of items) {
    const [key, look] = [keyOf(item), lookOf(item)];
    const old = before.get(key);
    after.set(key, old?.look === look ? old : { look, element: build(item) });
  }
  shown.set(list, after);
  const wanted = [...after.values()].map((entry) => entry.element);
  for (const child of [...list.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((element, at) => {
    if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
  });
  if (focus && !focused.isConnected) list.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
}

/** Shows or hides an element. */
export function show(element, visible) {
  element.hidden = !visible;
}
