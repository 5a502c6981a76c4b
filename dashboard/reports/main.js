// Reports: daily, weekly, monthly, any days. What is shown stands in the address.
import { count, dayText, midnight, setZone } from "../common/format.js";
import { applyTheme, Bar, html, mount, request, whoami } from "../common/ui.js";
import { language, loadWords, t } from "../common/words.js";
import { Heat, Hours, Outcomes, Trend } from "./charts.js";
import { Cards, Explanation } from "./figures.js";
import { Agenda, Appraisal, Attained, Best, Decided, Forecast, Traffic } from "./packs.js";
import { Groups, IdleGaps, People, Remarks } from "./people.js";

const KINDS = ["daily", "weekly", "monthly", "brief", "evening", "appraisal", "range"];
const GROUPS = ["day", "weekday", "hour", "trunk", "prefix", "province", "outcome"];
/** A report of a period that is not over is asked for again after so long. */
const AGAIN_SECONDS = 60;

applyTheme();
const me = await whoami();
await loadWords(me.language);
const [choices, definitions] = await Promise.all(["/api/filters", "/api/definitions"].map((path) => request(path).then((r) => r.json())));
setZone(me.timezone);
const offset = me.now - Date.now() / 1000;
const today = (/** @type {number} */ days = 0) => dayText(midnight(Date.now() / 1000 + offset, days) + 43200);

let query = new URLSearchParams(location.search);
if (me.teams && !query.has("team") && me.teams.length) query.set("team", me.teams[0]); // the site's report is for who sees the site
/** @type {any} */ let report = null;
let state = "loading";
let begun = 0;
/** @type {string | null} */ let missing = null;
/** @type {string | null} */ let explained = null;
let asked = 0;

const kind = () => (KINDS.includes(query.get("kind") ?? "") ? /** @type {string} */ (query.get("kind")) : "daily");

function address() {
  const params = new URLSearchParams();
  for (const key of kind() === "range" ? ["from", "to", "group", "team"] : ["date", "team"]) {
    const value = query.get(key);
    if (value) params.set(key, value);
  }
  return params;
}

/** @param {Record<string, string>} changes */
function go(changes, reload = true) {
  for (const [key, value] of Object.entries(changes)) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
  history.replaceState(null, "", `?${query}`);
  if (reload) load();
  else draw();
}

async function load() {
  const mine = ++asked;
  state = "loading";
  begun = Date.now();
  missing = null;
  draw();
  try {
    const response = await request(`/api/reports/${kind()}?${address()}`);
    if (mine !== asked) return;
    if (response.status === 501) missing = (await response.json()).error;
    if (!response.ok) throw new Error(String(response.status));
    report = await response.json();
    state = "ready";
  } catch {
    if (mine !== asked) return;
    state = "error";
  }
  draw();
}

/** The shortcuts every report page of the trade has. @returns {[string, Record<string, string>][]} */
const shortcuts = () => {
  const [y, m] = today().split("-").map(Number);
  const lastMonth = m === 1 ? `${y - 1}-12-01` : `${y}-${String(m - 1).padStart(2, "0")}-01`;
  return [
    ["today", { kind: "", date: today() }],
    ["yesterday", { kind: "", date: today(-1) }],
    ["this_week", { kind: "weekly", date: today() }],
    ["last_week", { kind: "weekly", date: today(-7) }],
    ["this_month", { kind: "monthly", date: today() }],
    ["last_month", { kind: "monthly", date: lastMonth }],
  ];
};

function Controls() {
  const range = kind() === "range";
  const first = query.get("from") ?? today();
  const last = query.get("to") ?? today();
  return html`<form class="filters" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
    <div class="shortcuts" role="group" aria-label=${t("filter.days")}>${shortcuts().map(([key, to]) => {
      const on = (to.kind || "daily") === kind() && (query.get("date") ?? today()) === to.date;
      return html`<button type="button" aria-pressed=${on} onClick=${() => go(to)}>${t(`days.${key}`)}</button>`;
    })}</div>
    <div class="tabs" role="group" aria-label=${t("report.which")}>${KINDS.map((k) => html`<button type="button" aria-pressed=${k === kind()} onClick=${() => go({ kind: k === "daily" ? "" : k })}>${t(`report.tab.${k}`)}</button>`)}</div>
    ${range
      ? html`<label><span>${t("filter.from")}</span><input type="date" value=${first} max=${last} onChange=${(/** @type {any} */ e) => e.target.value && go({ from: e.target.value, to: e.target.value > last ? e.target.value : last })} /></label>
        <label><span>${t("filter.to")}</span><input type="date" value=${last} min=${first} onChange=${(/** @type {any} */ e) => e.target.value && go({ from: first, to: e.target.value })} /></label>
        <label><span>${t("report.group")}</span><select onChange=${(/** @type {any} */ e) => go({ group: e.target.value })}><option value="">${t("report.group.agent")}</option>${GROUPS.map((g) => html`<option value=${g} selected=${query.get("group") === g}>${t(`report.group.${g}`)}</option>`)}</select></label>`
      : html`<label><span>${t("report.group.day")}</span><span class="pair"><button type="button" aria-label=${t("report.earlier")} onClick=${() => step(-1)}>‹</button><input type="date" value=${query.get("date") ?? today()} onChange=${(/** @type {any} */ e) => e.target.value && go({ date: e.target.value })} /><button type="button" aria-label=${t("report.later")} onClick=${() => step(1)}>›</button></span></label>`}
    <label><span>${t("filter.team")}</span><select onChange=${(/** @type {any} */ e) => go({ team: e.target.value })}>${me.teams ? null : html`<option value="">${t("filter.all")}</option>`}${choices.teams.map((/** @type {any} */ x) => html`<option value=${x.id} selected=${query.get("team") === x.id}>${x.name}</option>`)}</select></label>
    <div class="downloads">${["xlsx", "pdf", "csv", "parquet"].map((format) => {
      const params = address();
      params.set("format", format);
      params.set("language", language());
      return html`<a class="button" href=${`/api/reports/${kind()}?${params}`} download>${t(`report.download.${format}`)}</a>`;
    })}<button type="button" onClick=${() => print()}>${t("report.print")}</button><a class="button" href="/archive/">${t("nav.archive")}</a></div>
  </form>`;
}

/** The day, week or month before or after. @param {number} by */
function step(by) {
  const [y, m, d] = (query.get("date") ?? today()).split("-").map(Number);
  const moved = ["monthly", "appraisal"].includes(kind()) ? Date.UTC(y, m - 1 + by, 1) : Date.UTC(y, m - 1, d + by * (kind() === "weekly" ? 7 : 1));
  go({ date: new Date(moved).toISOString().slice(0, 10) });
}

/** The daily report of one day of a longer one. @param {string} day */
function dayLink(day) {
  const params = new URLSearchParams({ date: day });
  const team = query.get("team");
  if (team) params.set("team", team);
  return `/reports/?${params}`;
}

const explain = (/** @type {string} */ key) => {
  explained = key;
  draw();
};

/** @param {string} day */
const weekday = (day) => t(`weekday.${(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7}`);

/** What stands between the cards and the people, by kind. */
function Parts() {
  const own = { report, explain };
  const charts = html`<div class="charts"><${Trend} report=${report} open=${dayLink} /><${Hours} report=${report} />${report.kind === "appraisal" ? null : html`<${Outcomes} report=${report} />`}</div>`;
  if (report.kind === "brief") return html`<${Agenda} ...${own} /><${Best} ...${own} />`;
  if (report.kind === "evening") return html`<${Attained} ...${own} /><${Traffic} ...${own} /><${Forecast} ...${own} />${charts}`;
  if (report.kind === "appraisal") return html`<${Appraisal} ...${own} />${charts}`;
  return html`${charts}<${Groups} report=${report} /><${Forecast} ...${own} /><${Best} ...${own} />`;
}

function Sheet() {
  const days = report.agenda
    ? t("report.brief_span", { day: report.agenda.day, figures: `${report.first} ${weekday(report.first)}` })
    : report.first === report.last ? `${report.first} ${weekday(report.first)}` : `${report.first} – ${report.last}`;
  return html`<div class=${`sheet ${state === "loading" ? "is-old" : ""}`} aria-busy=${state === "loading"}>
    <h1>${report.team_name || report.site_name} ${t(`report.kind.${report.kind}`)} <small class="muted">${days}</small></h1>
    <${Remarks} report=${report} />
    <${Cards} report=${report} explain=${explain} />
    <${Parts} />
    <${People} report=${report} sort=${query.get("sort") ?? ""} setSort=${(/** @type {string} */ sort) => go({ sort }, false)} setTeam=${(/** @type {string} */ team) => go({ team })} explain=${explain} />
    ${["brief", "appraisal"].includes(report.kind) ? null : html`<${IdleGaps} report=${report} />`}
    ${["daily", "weekly", "monthly", "range"].includes(report.kind) ? html`<${Traffic} report=${report} explain=${explain} />` : null}
    ${["brief", "appraisal"].includes(report.kind) ? null : html`<${Decided} report=${report} explain=${explain} />`}
    ${["brief", "evening", "appraisal"].includes(report.kind) ? null : html`<${Heat} report=${report} />`}
  </div>`;
}

function view() {
  document.title = `${t("nav.reports")} · Dialwatch`;
  return html`<${Bar} page="reports"><span class="muted">${report ? t("report.of_people", { n: count(report.agents.length) }) : ""}</span><//>
  <main class="reports" id="main">
    <${Controls} />
    <div class=${`progressing ${state === "loading" ? "on" : ""}`} role="status">${state !== "loading" ? "" : Date.now() - begun < 1000 ? t("report.loading") : t("report.seconds_passed", { n: Math.round((Date.now() - begun) / 1000) })}</div>
    ${state === "error" ? html`<div class="empty" role="alert">${missing ? t(`report.missing.${missing}`) : t("report.error")} <button type="button" onClick=${load}>${t("calls.retry")}</button></div>` : report ? html`<${Sheet} />` : null}
    ${explained && report ? html`<${Explanation} of=${explained} report=${report} definitions=${definitions} close=${() => { explained = null; draw(); }} />` : null}
  </main>`;
}

const draw = mount(view);
load();
setInterval(() => {
  if (report?.running && state === "ready" && !document.hidden) load();
}, AGAIN_SECONDS * 1000);
setInterval(() => {
  if (state === "loading" && !document.hidden) draw();
}, 1000);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && explained) {
    explained = null;
    draw();
  }
});
