// Alerts: what stands now, the rules and channels in force, and what became of every message.
import { Said } from "../common/discipline.js";
import { message } from "../common/message.js";
import { dateTime, inWords, setZone } from "../common/format.js";
import { applyTheme, Bar, html, mount, request, whoami } from "../common/ui.js";
import { language, loadWords, t } from "../common/words.js";
import { Rules, said } from "./rules.js";

const REFRESH_SECONDS = 5;
const GLYPH = /** @type {Record<string, string>} */ ({ waiting: "◔", sending: "↗", sent: "✓", given_up: "✕", dropped: "✕", uncertain: "?" });

applyTheme();
const me = await whoami();
await loadWords(me.language);

/** @type {any} */
let state = null;
/** @type {any[]} */
let deliveries = [];
let failed = false;
let channel = new URLSearchParams(location.search).get("channel") ?? "";
/** @type {Map<string, any>} what came of a test, by channel; `null` while it is under way */
const tests = new Map();

async function load() {
  try {
    const query = new URLSearchParams({ limit: "100", ...(channel ? { channel } : {}) });
    const [about, log] = await Promise.all([request("/api/alerts"), request(`/api/alerts/deliveries?${query}`)]);
    failed = !about.ok || !log.ok;
    if (!failed) {
      state = await about.json();
      deliveries = await log.json();
      setZone(state.timezone);
    }
  } catch {
    failed = true;
  }
  draw();
}

/** @param {string} name */
async function test(name) {
  tests.set(name, null);
  draw();
  try {
    const response = await request(`/api/alerts/channels/${encodeURIComponent(name)}/test`, { method: "POST" });
    tests.set(name, response.ok ? await response.json() : { state: "given_up", last_error: t("alerts.no_answer") });
  } catch {
    tests.set(name, { state: "given_up", last_error: t("alerts.no_answer") });
  }
  await load();
}

/** @param {string} wanted */
function choose(wanted) {
  channel = wanted;
  history.replaceState(null, "", channel ? `?channel=${encodeURIComponent(channel)}` : location.pathname);
  load();
}

function Standing() {
  if (!state.active.length) return html`<p class="muted calm"><span aria-hidden="true">✓</span> ${t("alerts.none")}</p>`;
  return html`<ul class="standing">${state.active.map((/** @type {any} */ each) => html`<li key=${each.id}><b>⚠ ${t(`alert.${each.kind}`)}</b><span>${each.text[language()]}</span><time>${t("alerts.since", { time: dateTime(each.since) })}</time></li>`)}</ul>`;
}

/** @param {{name: string}} props */
function Tested({ name }) {
  if (!tests.has(name)) return null;
  const came = tests.get(name);
  if (came === null) return html`<span class="muted" role="status">${t("delivery.sending")}…</span>`;
  return html`<span class=${`outcome d-${came.state}`} role="status">${GLYPH[came.state]} ${came.state === "sent" ? t("delivery.sent") : came.last_error}</span>`;
}

function Channels() {
  if (!state.channels.length) return html`<p class="muted">${t("alerts.no_channels")}</p>`;
  return html`<ul class="channels">${state.channels.map((/** @type {any} */ each) => html`<li class="panel" key=${each.name}>
    <div><b>${each.name}</b> <code>${each.url || "—"}</code></div>
    <div class="muted small">${t("alerts.per_minute", { n: each.per_minute })} · ${each.language === "en" ? "English" : "中文"} · ${t("alerts.waiting", { n: each.waiting })}</div>
    ${each.fault ? html`<div class="fault">⚠ ${each.fault}</div>` : html`<div class="try"><button type="button" disabled=${tests.get(each.name) === null} onClick=${() => test(each.name)}>${t("alerts.test")}</button> <${Tested} name=${each.name} /></div>`}
  </li>`)}</ul>`;
}

/** @param {{row: any}} props */
function Row({ row }) {
  const now = Date.now() / 1000;
  return html`<tr>
    <td class="nowrap" data-label=${t("alerts.time")}>${dateTime(row.created_at)}</td>
    <td data-label=${t("alerts.channel")}>${row.channel}</td>
    <td data-label=${t("alerts.what")}>${t(`delivery.what.${row.what}`)}</td>
    <td class="words"><b>${row.title}</b><span>${message(row.body)}</span></td>
    <td data-label=${t("alerts.state")}><span class=${`outcome d-${row.state}`}>${GLYPH[row.state]} ${t(`delivery.${row.state}`)}</span>${row.next_at ? html` <span class="muted small">${t("alerts.again", { time: inWords(row.next_at - now) })}</span>` : null}</td>
    <td class="num" data-label=${t("alerts.tries")}>${row.tries}</td>
    <td class="why">${row.last_error}</td>
  </tr>`;
}

function Log() {
  return html`<div class="tools"><label>${t("alerts.channel")} <select onChange=${(/** @type {any} */ e) => choose(e.target.value)}>
      <option value="">${t("alerts.all")}</option>${state.channels.map((/** @type {any} */ each) => html`<option value=${each.name} selected=${each.name === channel}>${each.name}</option>`)}</select></label></div>
    ${deliveries.length
      ? html`<div class="scroller"><table class="log"><thead><tr><th>${t("alerts.time")}</th><th>${t("alerts.channel")}</th><th>${t("alerts.what")}</th><th>${t("alerts.message")}</th><th>${t("alerts.state")}</th><th class="num">${t("alerts.tries")}</th><th>${t("alerts.last_error")}</th></tr></thead>
        <tbody>${deliveries.map((row) => html`<${Row} key=${row.id} row=${row} />`)}</tbody></table></div>`
      : html`<p class="muted">${t("alerts.nothing_sent")}</p>`}`;
}

function view() {
  document.title = `${t("nav.alerts")} · Dialwatch`;
  const trouble = failed ? html`<div class="notice act" role="alert">⚠ ${t("alerts.error")} <button type="button" onClick=${load}>${t("calls.retry")}</button></div>` : null;
  if (!state) return html`<${Bar} page="alerts" />${trouble ?? html`<div class="empty" role="status">${t("calls.loading")}</div>`}`;
  return html`<${Bar} page="alerts" />${trouble}
  <main class="alerts" id="main">
    <section class="panel pad"><h1>${t("alerts.now")}</h1><${Standing} /></section>
    <section class="panel pad"><h2>${t("alerts.rules")}</h2><${Said} said=${said} /><${Rules} state=${state} load=${load} draw=${() => draw()} /></section>
    <section class="panel pad"><h2>${t("alerts.channels")}</h2><${Channels} /></section>
    <section class="panel pad"><h2>${t("alerts.log")}</h2><${Log} /></section>
  </main>`;
}

const draw = mount(view);
await load();
setInterval(() => {
  if (!document.hidden) load();
}, REFRESH_SECONDS * 1000);
