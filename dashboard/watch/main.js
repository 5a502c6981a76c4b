// 风险提示: missed inbound, the harassment guard, private calls, questions, lists of numbers; the choice stands in the address.
import { ask, start, wordsOf } from "../common/discipline.js";
import { shortcuts } from "../common/days.js";
import { dayStart, dayText, midnight } from "../common/format.js";
import { Bar, html, mount, request } from "../common/ui.js";
import { language, t } from "../common/words.js";
import { Cases } from "./cases.js";
import { Missed } from "./missed.js";
import { lists } from "./numbers.js";

const REFRESH_SECONDS = 15;
const { me, now } = await start();
/** @type {Record<string, string>} what each tab asks for */
const ADDRESS = { missed: "missed", breaches: "breaches", private: "private", questions: "questions" };
const TABS = [...Object.keys(ADDRESS), ...(["administrator", "manager"].includes(me.role) ? ["lists"] : [])];
const query = new URLSearchParams(location.search);
if (!TABS.includes(query.get("tab") ?? "")) query.set("tab", "missed");
if (!query.has("from") || !query.has("to")) today();
const choices = await request("/api/filters").then((r) => r.json());
/** @type {any} */ let page = null;
let trouble = "";
let asked = 0;
/** @type {Set<string>} */ const open = new Set();
const numbers = lists(query, () => draw(), now);

function today() {
  query.set("from", String(midnight(now())));
  query.set("to", String(midnight(now(), 1)));
}

const tab = () => /** @type {string} */ (query.get("tab"));

/** What the tab asks its address for. */
function wanted() {
  const found = new URLSearchParams({ from: query.get("from") ?? "", to: query.get("to") ?? "" });
  if (query.get("team")) found.set("team", /** @type {string} */ (query.get("team")));
  return found;
}

async function load(fresh = true) {
  const mine = ++asked;
  history.replaceState(null, "", `?${query}`);
  if (fresh) {
    page = null;
    open.clear();
  }
  if (tab() === "lists") {
    numbers.load();
    return;
  }
  draw();
  try {
    const found = await ask(`/api/watch/${ADDRESS[tab()]}?${wanted()}`);
    if (mine !== asked) return;
    page = found;
    trouble = "";
  } catch (error) {
    if (mine !== asked) return;
    trouble = wordsOf(error);
  }
  draw();
}

/** @param {Record<string, string>} values an empty one takes the choice away */
function change(values) {
  for (const [key, value] of Object.entries(values)) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
  load();
}

/** The last day of a stretch of at most 31 days from `from`. */
const until = (/** @type {number} */ from, /** @type {number} */ to) => Math.min(to, midnight(from + 43200, 31));

function Days() {
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
  return html`<div class="days" role="group" aria-label=${t("filter.days")}>${shortcuts(now()).map(([key, a, b]) => {
    const days = { from: String(midnight(now(), a)), to: String(midnight(now(), b)) };
    return html`<button type="button" aria-pressed=${query.get("from") === days.from && query.get("to") === days.to} onClick=${() => change(days)}>${t(`days.${key}`)}</button>`;
  })}
    <input type="date" aria-label=${t("filter.from")} value=${dayText(from)} onChange=${(/** @type {any} */ e) => { if (e.target.value) { const begin = dayStart(e.target.value); change({ from: String(begin), to: String(until(begin, Math.max(to, midnight(begin + 43200, 1)))) }); } }} />
    <span>–</span>
    <input type="date" aria-label=${t("filter.to")} value=${dayText(to - 1)} onChange=${(/** @type {any} */ e) => { if (e.target.value) { const end = midnight(dayStart(e.target.value) + 43200, 1); change({ from: String(end <= from || end > until(from, end) ? midnight(end - 43200) : from), to: String(end) }); } }} />
    <label class="visually-hidden" for="team">${t("filter.team")}</label>
    <select id="team" onChange=${(/** @type {any} */ e) => change({ team: e.target.value })}><option value="">${t("watch.all_teams")}</option>${choices.teams.map((/** @type {any} */ x) => html`<option value=${x.id} selected=${query.get("team") === x.id}>${x.name}</option>`)}</select>
    <a class="button push" href=${`/api/watch/${ADDRESS[tab()]}.csv?${new URLSearchParams([...wanted(), ["language", language()]])}`} download>${t("calls.csv")}</a></div>`;
}

function Content() {
  if (tab() === "lists") return html`<${numbers.Lists} />`;
  if (trouble) return html`<p class="bad" role="alert">${trouble}</p>`;
  if (!page) return html`<p class="empty" role="status">${t("calls.loading")}</p>`;
  const toggle = (/** @type {string} */ id) => { if (!open.delete(id)) open.add(id); draw(); };
  return tab() === "missed" ? html`<${Missed} page=${page} now=${now()} to=${Number(query.get("to"))} />` : html`<${Cases} kind=${tab()} page=${page} open=${open} toggle=${toggle} />`;
}

function view() {
  document.title = `${t("nav.watch")} · Dialwatch`;
  return html`<${Bar} page="watch" /><main class="sheet" id="main">
    <nav class="tabs" aria-label=${t("nav.watch")}>${TABS.map((each) => html`<a href=${`?${new URLSearchParams([...[...query].filter(([key]) => key !== "tab"), ["tab", each]])}`} aria-current=${each === tab() ? "page" : null} onClick=${(/** @type {Event} */ e) => { e.preventDefault(); change({ tab: each }); }}>${t(`watch.tab.${each}`)}</a>`)}</nav>
    ${tab() === "lists" ? null : html`<${Days} />`}<${Content} /></main>`;
}

const draw = mount(view);
load();
setInterval(() => {
  if (!document.hidden && tab() !== "lists" && Number(query.get("to")) > now()) load(false);
}, REFRESH_SECONDS * 1000);
