// All calls: filters in the address, live ones on top, keyset pages, keyboard.
import { count, dateTime, dayStart, dayText, duration, midnight, setZone } from "../common/format.js";
import { applyTheme, Bar, html, mount, request } from "../common/ui.js";
import { language, loadWords, t } from "../common/words.js";

const PAGE = 100;
const LIVE_SECONDS = 2;
const COLUMNS = ["started_at", "direction", "agent", "number", "outcome", "ring_seconds", "talk_seconds", "hangup_by", "trunk", "recording", "notes"];
const STORED = "dialwatch.calls.columns";

applyTheme();
const me = await request("/api/me").then((r) => r.json());
await loadWords(me.language);
const [choices, board] = await Promise.all(["/api/filters", "/api/board"].map((path) => request(path).then((r) => r.json())));
setZone(board.board.site.timezone);
const serverOffset = board.at - Date.now() / 1000;
const now = () => Date.now() / 1000 + serverOffset;

let query = new URLSearchParams(location.search);
if (!query.has("from") && !query.has("to")) setDays(0, 1, false);
/** @type {any[]} */ let live = [];
/** @type {any[]} */ let rows = [];
/** @type {string | null} */ let next = null;
/** @type {number | null} */ let total = null;
let state = "loading";
let selected = -1;
let dense = localStorage.getItem("dialwatch.dense") === "1";
let hidden = new Set((localStorage.getItem(STORED) ?? "").split(",").filter(Boolean));
let asked = 0;

function setDays(/** @type {number} */ from, /** @type {number} */ to, /** @type {boolean} */ show = true) {
  query.set("from", String(midnight(now(), from)));
  query.set("to", String(midnight(now(), to)));
  if (show) changed();
}

/** Monday of this week and the first of this month, in days from today. */
function calendar() {
  const [y, m, d] = dayText(now()).split("-").map(Number);
  const weekday = (new Date(Date.UTC(y, m - 1, d)).getUTCDay() + 6) % 7;
  const month = new Date(Date.UTC(y, m - 1, 0)).getUTCDate();
  const rest = new Date(Date.UTC(y, m, 0)).getUTCDate() - d + 1;
  return { weekday, day: d, month, rest };
}

const SHORTCUTS = () => {
  const { weekday, day, month, rest } = calendar();
  return [["today", 0, 1], ["yesterday", -1, 0], ["this_week", -weekday, 7 - weekday], ["last_week", -weekday - 7, -weekday], ["this_month", 1 - day, rest], ["last_month", 1 - day - month, 1 - day]];
};

function changed() {
  history.replaceState(null, "", `?${query}`);
  load(true);
}

function set(/** @type {string} */ key, /** @type {string} */ value) {
  if (value) query.set(key, value);
  else query.delete(key);
  changed();
}

async function load(/** @type {boolean} */ fresh) {
  const mine = ++asked;
  if (fresh) {
    state = "loading";
    selected = -1;
    total = null;
    draw();
  }
  const params = new URLSearchParams(query);
  const wantsLive = params.get("live");
  if (wantsLive !== "true") params.set("live", "false");
  params.set("limit", String(PAGE));
  if (!fresh && next) params.set("after", next);
  try {
    const response = await request(`/api/calls?${params}`);
    if (mine !== asked) return;
    if (!response.ok) throw new Error(String(response.status));
    const page = await response.json();
    rows = fresh ? page.calls : [...rows, ...page.calls];
    next = page.next;
    state = "ready";
    if (fresh) request(`/api/calls/count?${query}`).then((r) => r.json()).then((c) => { if (mine === asked) { total = c.count; draw(); } });
  } catch {
    if (mine !== asked) return;
    state = "error";
  }
  draw();
}

async function refreshLive() {
  if (document.hidden || query.get("live") === "false" || query.get("outcome")) { live = []; return; }
  const params = new URLSearchParams(query);
  params.set("live", "true");
  params.set("limit", "100");
  try {
    const page = await request(`/api/calls?${params}`).then((r) => r.json());
    const ended = live.some((old) => !page.calls.some((/** @type {any} */ c) => c.id === old.id));
    live = page.calls ?? [];
    if (ended && rows.length <= PAGE) await loadAgain();
    draw();
  } catch { /* the next turn tries again; the page says nothing new meanwhile */ }
}

/** The first page again, without a flicker. */
async function loadAgain() {
  const params = new URLSearchParams(query);
  params.set("live", "false");
  params.set("limit", String(PAGE));
  const response = await request(`/api/calls?${params}`);
  if (!response.ok) return;
  const page = await response.json();
  rows = page.calls;
  next = page.next;
}

const select = (/** @type {string} */ key, /** @type {[string, string][]} */ options) => html`<label><span>${t(`filter.${key}`)}</span><select value=${query.get(key) ?? ""} onChange=${(/** @type {any} */ e) => set(key, e.target.value)}><option value="">${t("filter.all")}</option>${options.map(([value, words]) => html`<option value=${value} selected=${query.get(key) === value}>${words}</option>`)}</select></label>`;

function Filters() {
  const from = query.get("from");
  const to = query.get("to");
  return html`<form class="filters" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
    <div class="shortcuts" role="group" aria-label=${t("filter.days")}>${SHORTCUTS().map(([key, a, b]) => {
      const on = from === String(midnight(now(), Number(a))) && to === String(midnight(now(), Number(b)));
      return html`<button type="button" aria-pressed=${on} onClick=${() => setDays(Number(a), Number(b))}>${t(`days.${key}`)}</button>`;
    })}
    <input type="date" aria-label=${t("filter.from")} value=${from ? dayText(Number(from)) : ""} onChange=${(/** @type {any} */ e) => e.target.value && set("from", String(dayStart(e.target.value)))} />
    <span>–</span>
    <input type="date" aria-label=${t("filter.to")} value=${to ? dayText(Number(to) - 1) : ""} onChange=${(/** @type {any} */ e) => e.target.value && set("to", String(midnight(dayStart(e.target.value) + 43200, 1)))} /></div>
    ${select("agent", choices.agents.map((/** @type {any} */ a) => [a.id, `${a.extension} ${a.name}`]))}
    ${select("team", choices.teams.map((/** @type {any} */ x) => [x.id, x.name]))}
    <label><span>${t("filter.number")}</span><input id="search" type="search" inputmode="tel" placeholder="/" value=${query.get("number") ?? ""} onChange=${(/** @type {any} */ e) => set("number", e.target.value.trim())} /></label>
    ${select("direction", ["outbound", "inbound", "internal"].map((d) => [d, t(`direction.${d}`)]))}
    ${select("outcome", ["answered", "no_answer", "busy", "rejected", "cancelled", "invalid_number", "unreachable", "congestion", "unknown", "agent_unanswered"].map((o) => [o, t(`outcome.${o}`)]))}
    ${select("trunk", choices.trunks.map((/** @type {any} */ k) => [k.name ?? k.id ?? k, k.name ?? k.id ?? k]))}
    <label><span>${t("filter.talk")}</span><span class="pair"><input type="number" min="0" aria-label=${t("filter.talk_min")} value=${query.get("talk_min") ?? ""} onChange=${(/** @type {any} */ e) => set("talk_min", e.target.value)} />–<input type="number" min="0" aria-label=${t("filter.talk_max")} value=${query.get("talk_max") ?? ""} onChange=${(/** @type {any} */ e) => set("talk_max", e.target.value)} /></span></label>
    <button type="button" onClick=${() => { query = new URLSearchParams(); setDays(0, 1); }}>${t("filter.clear")}</button>
  </form>`;
}

const CELLS = /** @type {Record<string, (c: any) => any>} */ ({
  started_at: (c) => html`<a href=${`/calls/${c.id}`}>${dateTime(c.started_at)}</a>`,
  direction: (c) => html`<span class="nowrap">${{ outbound: "↗", inbound: "↙", internal: "⇄" }[/** @type {"outbound"} */ (c.direction)]} ${t(`direction.${c.direction}`)}</span>`,
  agent: (c) => (c.agent ? html`${c.agent} <span class="muted">${c.agent_name ?? ""}</span>` : "—"),
  number: (c) => c.number ?? "—",
  outcome: (c) => html`<span class=${`outcome o-${c.outcome ?? `live p-${c.phase}`}`}>${c.outcome ? t(`outcome.${c.outcome}`) : t(`phase.${c.phase}`)}</span>`,
  ring_seconds: (c) => (c.answered_at || c.ended_at ? duration(c.ring_seconds) : duration(now() - c.started_at)),
  talk_seconds: (c) => (c.answered_at == null ? "—" : c.ended_at == null ? duration(now() - c.answered_at) : duration(c.talk_seconds)),
  hangup_by: (c) => (c.ended_at == null ? "" : html`${t(`hangup_by.${c.hangup_by}`)} <span class="muted">${c.hangup_cause ?? ""}</span>`),
  trunk: (c) => c.trunk ?? "—",
  recording: (c) => (c.has_recording ? html`<span title=${t("call.recording")}>♪</span>` : ""),
  notes: (c) => html`${c.complete ? "" : html`<span class="warn">${t("call.incomplete")}</span> `}${c.notes.map((/** @type {string} */ n) => t(`note.${n}`)).join(language() === "en" ? ", " : "、")}`,
});
const RIGHT = new Set(["ring_seconds", "talk_seconds"]);

/** @param {{call: any, index: number}} props */
function Row({ call, index }) {
  return html`<tr class=${`${call.ended_at == null ? "is-live" : ""} ${index === selected ? "selected" : ""}`} onClick=${(/** @type {MouseEvent} */ e) => { if (!(e.target instanceof HTMLAnchorElement) && !getSelection()?.toString()) location.href = `/calls/${call.id}`; }}>
    ${COLUMNS.filter((c) => !hidden.has(c)).map((c) => html`<td class=${RIGHT.has(c) ? "num" : ""} data-label=${t(`column.${c}`)}>${CELLS[c](call)}</td>`)}
  </tr>`;
}

function view() {
  document.title = `${t("nav.calls")} · Dialwatch`;
  const all = [...live, ...rows];
  const csv = new URLSearchParams(query);
  csv.set("language", language());
  return html`<${Bar} page="calls"><span class="muted">${total == null ? "" : t("calls.count", { n: count(total) })}</span><//>
  <main class="calls" id="main">
    <${Filters} />
    <div class="tools"><a class="button" href=${`/api/calls.csv?${csv}`} download>${t("calls.csv")}</a>
      <button type="button" aria-pressed=${dense} onClick=${() => { dense = !dense; localStorage.setItem("dialwatch.dense", dense ? "1" : "0"); draw(); }}>${t("calls.dense")}</button>
      <details><summary>${t("calls.columns")}</summary><div class="panel choices">${COLUMNS.map((c) => html`<label><input type="checkbox" checked=${!hidden.has(c)} onChange=${() => { hidden.has(c) ? hidden.delete(c) : hidden.add(c); localStorage.setItem(STORED, [...hidden].join(",")); draw(); }} /> ${t(`column.${c}`)}</label>`)}</div></details>
      <span class="muted keys">${t("calls.keys")}</span></div>
    <div class="panel scroller"><table class=${dense ? "dense" : ""}>
      <thead><tr>${COLUMNS.filter((c) => !hidden.has(c)).map((c) => html`<th class=${RIGHT.has(c) ? "num" : ""}>${t(`column.${c}`)}</th>`)}</tr></thead>
      <tbody>${all.map((call, i) => html`<${Row} key=${call.id} call=${call} index=${i} />`)}</tbody>
    </table>
    ${state === "error" ? html`<div class="empty" role="alert">${t("calls.error")} <button type="button" onClick=${() => load(true)}>${t("calls.retry")}</button></div>` : null}
    ${state === "loading" && !rows.length ? html`<div class="empty" role="status">${t("calls.loading")}</div>` : null}
    ${state === "ready" && !all.length ? html`<div class="empty">${t("calls.empty")}</div>` : null}</div>
    ${next ? html`<button type="button" class="more" onClick=${() => load(false)}>${t("calls.more")}</button>` : null}
  </main>`;
}

const draw = mount(view);
load(true);
refreshLive();
setInterval(refreshLive, LIVE_SECONDS * 1000);

addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (typing || event.ctrlKey || event.metaKey) return;
  const all = [...live, ...rows];
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "j" || event.key === "k") {
    selected = Math.max(0, Math.min(all.length - 1, selected + (event.key === "j" ? 1 : -1)));
    draw();
    document.querySelector("tr.selected")?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && all[selected] && !(event.target instanceof HTMLAnchorElement) && !(event.target instanceof HTMLButtonElement)) {
    location.href = `/calls/${all[selected].id}`;
  }
});
