// Words in the chosen language; both catalogues are loaded so that switching needs no reload.

/** @typedef {"zh-CN" | "en"} Language */

const KEY = "dialwatch.language";
/** @type {Record<string, Record<string, string>>} */
const catalogues = {};
/** @type {Language} */
let current = "zh-CN";
/** @type {Set<() => void>} */
const listeners = new Set();

/** Load both catalogues; the language is the stored one, else `preferred`. */
export async function loadWords(/** @type {string} */ preferred = "zh-CN") {
  const names = ["zh-CN", "en"];
  const found = await Promise.all(names.map((name) => fetch(`/locales/${name}.json`).then((r) => r.json())));
  names.forEach((name, i) => (catalogues[name] = found[i]));
  setLanguage(/** @type {Language} */ (localStorage.getItem(KEY) || preferred));
}

export const language = () => current;

/** @param {Language} wanted */
export function setLanguage(wanted) {
  current = wanted === "en" ? "en" : "zh-CN";
  localStorage.setItem(KEY, current);
  document.documentElement.lang = current;
  listeners.forEach((each) => each());
}

/** @param {() => void} listener */
export function onLanguage(listener) {
  listeners.add(listener);
}

/**
 * The words for a key, with `{name}` filled in; a missing key shows as itself.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values) {
  const text = catalogues[current]?.[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? "")) : text;
}
