// All calls: filters in the address, live ones on top, keyset pages, keyboard.
import { explainer } from "../common/explain.js";
import { dateTime, duration, midnight, setZone } from "../common/format.js";
import { applyTheme, Bar, html, mount, request, whoami } from "../common/ui.js";
import { language, loadWords, t } from "../common/words.js";
import { Filters } from "./filters.js";
import { Sums } from "./sums.js";

const PAGE = 100;
/** As many calls going on are shown at most: a floor of some hundreds. */
const LIVE = 500;
const LIVE_SECONDS = 2;
const SUMS_SECONDS = 10;
const COLUMNS = ["started_at", "direction", "agent", "number", "outcome", "ring_seconds", "talk_seconds", "hangup_by", "trunk", "recording", "notes"];
const STORED = "dialwatch.calls.columns";

applyTheme();
const me = await whoami();
await loadWords(me.language);
const choices = await request("/api/filters").then((r) => r.json());
setZone(me.timezone);
const serverOffset = me.now - Date.now() / 1000;
const now = () => Date.now() / 1000 + serverOffset;

let query = new URLSearchParams(location.search);
/** A number in the address (as a message carries it) is explained. */
const about = query.get("explain");
query.delete("explain");
/** @type {any} */ let explain = null;
if (!query.has("from") && !query.has("to")) query = new URLSearchParams([...query, ["from", String(midnight(now()))], ["to", String(midnight(now(), 1))]]);
/** @type {any[]} */ let live = [];
/** @type {any[]} */ let rows = [];
/** @type {string | null} */ let next = null;
/** @type {any} */ let sums = null;
let sumsFailed = false;
let summedAt = 0;
let state = "loading";
let selected = -1;
let dense = localStorage.getItem("dialwatch.dense") === "1";
let hidden = new Set((localStorage.getItem(STORED) ?? "").split(",").filter(Boolean));
let asked = 0;

function today() {
  query = new URLSearchParams({ from: String(midnight(now())), to: String(midnight(now(), 1)) });
}

/** @param {Record<string, string>} values an empty one takes the filter away */
function change(values) {
  for (const [key, value] of Object.entries(values)) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
  history.replaceState(null, "", `?${query}`);
  load(true);
}

/** The sums of the filter, at most every so often: they look at all its calls. */
async function loadSums() {
  const mine = asked;
  summedAt = performance.now();
  const response = await request(`/api/calls/sums?${query}`).catch(() => null);
  if (mine !== asked) return;
  sumsFailed = !response?.ok;
  if (response?.ok) sums = await response.json();
  draw();
}

async function load(/** @type {boolean} */ fresh) {
  const mine = ++asked;
  if (fresh) {
    state = "loading";
    selected = -1;
    sums = null;
    sumsFailed = false;
    live = [];
    draw();
  }
  const params = new URLSearchParams(query);
  if (params.get("live") === "true") {
    // What goes on stands on top by itself; nothing is below it.
    rows = [];
    next = null;
    state = "ready";
    loadSums();
    refreshLive();
    return;
  }
  params.set("live", "false");
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
    if (fresh) {
      loadSums();
      refreshLive();
    }
  } catch {
    if (mine !== asked) return;
    state = "error";
  }
  draw();
}

async function refreshLive() {
  if (document.hidden || query.get("live") === "false" || query.get("outcome")) { live = []; return; }
  const mine = asked;
  const params = new URLSearchParams(query);
  params.set("live", "true");
  params.set("limit", String(LIVE));
  try {
    const response = await request(`/api/calls?${params}`);
    if (mine !== asked || !response.ok) return;
    const page = await response.json();
    const ended = live.some((old) => !page.calls.some((/** @type {any} */ c) => c.id === old.id));
    const changed = ended || page.calls.length !== live.length;
    live = page.calls;
    if (ended && rows.length <= PAGE && query.get("live") !== "true") await loadAgain();
    if (changed && performance.now() - summedAt > SUMS_SECONDS * 1000) loadSums();
    draw();
  } catch { /* the next turn tries again; the page says nothing new meanwhile */ }
}

/** The first page again, without a flicker. */
async function loadAgain() {
  const mine = asked;
  const params = new URLSearchParams(query);
  params.set("live", "false");
  params.set("limit", String(PAGE));
  const response = await request(`/api/calls?${params}`);
  if (!response.ok || mine !== asked) return;
  const page = await response.json();
  rows = page.calls;
  next = page.next;
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
  return html`<${Bar} page="calls" />
  <main class="calls" id="main">
    <${Filters} query=${query} choices=${choices} now=${now()} onChange=${change} onClear=${() => { today(); change({}); }} />
    <${Sums} sums=${sums} failed=${sumsFailed} calls=${`/calls/?${query}`} />
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
    ${state === "ready" && !all.length ? html`<div class="empty">${t("calls.empty")}</div>` : null}
    ${next ? html`<button type="button" class="more" onClick=${() => load(false)}>${t("calls.more")}</button>` : null}</div>
  </main>${explain?.Dialog()}`;
}

const draw = mount(view);
explain = explainer(draw);
load(true);
if (about) explain.open(about, `/calls/?${query}`);
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
