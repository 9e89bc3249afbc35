// The words of the page, and what else the station put into it.

const data = (id) => JSON.parse(document.getElementById(id).textContent);
const words = data("words");

/** How grave each suspicion is, on the scale of findings. */
export const suspicionSeverity = data("suspicions");

/** The word of a key, its holes filled: t("scan.taken", { name }). */
export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole));
}

/** The word of a code of the API; a code that is not known yet stands for itself. */
export function word(group, code) {
  return words[`${group}.${code}`] ?? code;
}

/** Whether there is a word for this code. */
export function hasWord(group, code) {
  return `${group}.${code}` in words;
}
