// Numbers, times and durations as people here write them; "—" for what is undefined.
import { language, t } from "./words.js";

export const NONE = "—";
let zone = "Asia/Shanghai";

/** The site's zone: every time on every page is shown in it. */
export function setZone(/** @type {string} */ name) {
  zone = name;
}
export const siteZone = () => zone;

/** What was made once for the same words: a formatter costs as much as a whole tile. @type {Map<string, any>} */
const made = new Map();

/** @template T @param {string} key @param {() => T} make @returns {T} */
function once(key, make) {
  if (!made.has(key)) made.set(key, make());
  return made.get(key);
}

/** @param {Intl.NumberFormatOptions} options */
const numbers = (options) => once(`n ${language()} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(language(), options));

/** Formats an instant in the site's zone. @param {string} locale @param {Intl.DateTimeFormatOptions} options */
const instants = (locale, options) =>
  once(`d ${locale} ${zone} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }));

/** @param {number | null | undefined} value */
export const count = (value) => (value == null ? NONE : numbers({}).format(value));

/** @param {number | null | undefined} value @param {number} [digits] */
export const percent = (value, digits = 1) =>
  value == null
    ? NONE
    : numbers({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** 1:05:09 or 5:09. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds == null) return NONE;
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 3 分 20 秒 / 3 min 20 s. @param {number | null | undefined} seconds */
export function inWords(seconds) {
  if (seconds == null) return NONE;
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const parts = [h && t("unit.hours", { n: h }), m && t("unit.minutes", { n: m }), (s || (!h && !m)) && !h && t("unit.seconds", { n: s })];
  return parts.filter(Boolean).join(" ");
}

/** @param {number | null | undefined} at @param {Intl.DateTimeFormatOptions} options */
function instant(at, options) {
  return at == null ? NONE : instants(language(), { hourCycle: "h23", ...options }).format(at * 1000);
}
/** @param {number | null | undefined} at */
export const clock = (at) => instant(at, { hour: "2-digit", minute: "2-digit" });
/** @param {number | null | undefined} at */
export const clockSeconds = (at) => instant(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
/** @param {number | null | undefined} at */
export const dateTime = (at) => instant(at, { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
/** @param {number | null | undefined} at */
export const dayName = (at) => instant(at, { month: "long", day: "numeric", weekday: "long" });

/** Epoch seconds of a midnight in the site's zone, `days` from the day of `at`. */
export function midnight(/** @type {number} */ at, /** @type {number} */ days = 0) {
  const [y, m, d] = dayText(at).split("-").map(Number);
  return zonedEpoch(Date.UTC(y, m - 1, d + days));
}

/** Epoch seconds of a wall-clock instant, given as if it were UTC in milliseconds. */
export function zonedEpoch(/** @type {number} */ wall) {
  let guess = wall;
  for (let i = 0; i < 3; i++) guess = wall - offset(guess);
  return guess / 1000;
}

function offset(/** @type {number} */ at) {
  const parts = Object.fromEntries(
    instants("en-US", { hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" })
      .formatToParts(at).map((p) => [p.type, Number(p.value)]),
  );
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - Math.floor(at / 1000) * 1000;
}

/** The begin of the wall-clock day `YYYY-MM-DD` in the site's zone. */
export function dayStart(/** @type {string} */ text) {
  const [y, m, d] = text.split("-").map(Number);
  return zonedEpoch(Date.UTC(y, m - 1, d));
}

/** @param {number} at @returns {string} YYYY-MM-DD in the site's zone */
export const dayText = (at) => instants("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" }).format(at * 1000);

/** @param {number} at @returns {string} YYYY-MM-DDTHH:MM:SS in the site's zone */
export const stampText = (at) => `${dayText(at)}T${instants("en-GB", { hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at * 1000)}`;
