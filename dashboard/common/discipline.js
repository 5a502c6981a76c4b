// What the check's pages share: the start, the tabs, asking the server, files handed in with a preview.
import { clock, dayText, setZone, zonedEpoch } from "./format.js";
import { applyTheme, html, request, whoami } from "./ui.js";
import { loadWords, t } from "./words.js";

/** Words, zone and the floor's own time, which in a demo is not the browser's. */
export async function start() {
  applyTheme();
  const me = await whoami();
  await loadWords(me.language);
  setZone(me.timezone);
  const offset = me.now - Date.now() / 1000;
  return { me, now: () => Date.now() / 1000 + offset };
}

/** @param {{here: string}} props */
export function Tabs({ here }) {
  return html`<nav class="tabs" aria-label=${t("discipline.tabs")}>${["ledger", "leave", "calendar", "people", "targets"].map((page) => html`<a href=${`/${page}/`} aria-current=${page === here ? "page" : null}>${t(`discipline.${page}`)}</a>`)}</nav>`;
}

/** Ask for JSON, or send some; a refusal is thrown with its key. @param {string} path @param {any} [body] @returns {Promise<any>} */
export async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return answer(await request(path, options));
}

/** @param {string} path @param {File} file */
export async function send(path, file) {
  return answer(await request(path, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } }));
}

/** @param {Response} response */
async function answer(response) {
  if (response.status === 204) return null;
  const found = await response.json();
  if (response.ok) return found;
  throw Object.assign(new Error(found.error), { key: found.error, value: found.field ?? "" });
}

/** A refusal in words. @param {any} error */
export function wordsOf(error) {
  const key = error?.key?.startsWith("import.") ? error.key : `error.${error?.key ?? "unreachable"}`;
  const words = t(key, { value: error?.value ?? "" });
  return words === key ? t("error.bad_request") : words;
}

/**
 * Work that a person asked for: `attempt` does it and keeps in `said` what came of it, for `Said` to show.
 * @param {() => void} draw
 */
export function attempts(draw) {
  const said = { trouble: "", done: "" };
  /** @param {() => Promise<any>} work */
  async function attempt(work) {
    said.trouble = "";
    said.done = "";
    try {
      await work();
    } catch (error) {
      said.trouble = wordsOf(error);
    }
    draw();
  }
  return { said, attempt };
}

/** @param {{said: {trouble: string, done: string}}} props */
export function Said({ said }) {
  return html`${said.trouble ? html`<p class="bad" role="alert">${said.trouble}</p>` : null}${said.done ? html`<p class="ok" role="status">${said.done}</p>` : null}`;
}

/** The rows of a file that are not taken. @param {{rows: any[], title: string}} props */
export function BadRows({ rows, title }) {
  if (!rows.length) return null;
  return html`<h3 class="small">${title}</h3><div class="scroller"><table><tbody>${rows.map((each) => html`<tr><td class="num">${each.line}</td><td class="bad">${t(`import.${each.problem}`, { value: each.value })}</td><td class="words muted">${each.row}</td></tr>`)}</tbody></table></div>`;
}

/** A person's day, where all figures of a verdict are. @param {number} person @param {string} day */
export const dayLink = (person, day) => `/agent/?${new URLSearchParams({ person: String(person), day })}`;

/** The words of a verdict. @param {any} each */
export const verdictWords = (each) => (each.verdict === "late" ? t("verdict.late", { n: each.minutes ?? "" }) : t(`verdict.${each.verdict}`));

/** Why a verdict is what it is. @param {any} each @returns {string[]} */
export function evidence(each) {
  const found = [t("evidence.window", { from: clock(each.counts_from), by: clock(each.dial_by_at), to: clock(each.ends_at) })];
  if (each.absence) found.push(t("evidence.absence", { kind: t(`absence.${each.absence.kind}`), reason: each.absence.reason, who: each.absence.granted_by }));
  if (each.why) found.push(t("evidence.off", { why: t(`dayoff.${each.why}`), name: each.why_name }));
  if (each.on_inbound) found.push(t("evidence.on_inbound"));
  for (const down of each.outages) found.push(t(`evidence.${down.cause}${down.ends_at == null ? ".open" : ""}`, { what: down.subject, from: clock(down.starts_at), to: down.ends_at == null ? "" : clock(down.ends_at) }));
  for (const [from, to] of each.gaps) found.push(t("evidence.gap", { from: clock(from), to: clock(to) }));
  return found;
}

/** Epoch seconds of what stands in a field `YYYY-MM-DDTHH:MM`, in the site's zone. @param {string} text */
export function fieldInstant(text) {
  const [y, m, d, h, min] = text.split(/[-T:]/).map(Number);
  return zonedEpoch(Date.UTC(y, m - 1, d, h, min));
}

/** The month of an instant, `YYYY-MM`. @param {number} at */
export const monthOf = (at) => dayText(at).slice(0, 7);

/** @param {string} day @param {number} days */
export function addDays(day, days) {
  const [y, m, d] = day.split("-").map(Number);
  return new Date(Date.UTC(y, m - 1, d + days)).toISOString().slice(0, 10);
}
