// 开呼考勤台账: a month by person; each case with its evidence, its history, and the lead's excuse.
import { clockSeconds, count, dateTime, dayStart, midnight } from "../common/format.js";
import { explainer, Why } from "../common/explain.js";
import { Bar, html, may, mount, request } from "../common/ui.js";
import { language, t } from "../common/words.js";
import { ask, dayLink, evidence, monthOf, start, Tabs, verdictWords, wordsOf } from "../common/discipline.js";

const { now } = await start();
const query = new URLSearchParams(location.search);
if (!query.has("month")) query.set("month", monthOf(now()));
const choices = await request("/api/filters").then((r) => r.json());
/** @type {any} */ let ledger = null;
/** @type {any} */ let explain = null;
/** @type {string} */ let trouble = "";
/** @type {Set<number>} */ const open = new Set(query.getAll("person").map(Number));
/** @type {string} */ let excusing = "";
/** @type {Map<string, any[]>} */ const histories = new Map();
let asked = 0;

const keyOf = (/** @type {any} */ each) => `${each.person}/${each.day}/${each.shift}`;

async function load() {
  const mine = ++asked;
  history.replaceState(null, "", `?${query}`);
  try {
    const found = await ask(`/api/ledger?${query}`);
    if (mine !== asked) return;
    ledger = found;
    trouble = "";
  } catch (error) {
    trouble = wordsOf(error);
  }
  draw();
}

function set(/** @type {string} */ key, /** @type {string} */ value) {
  if (value) query.set(key, value);
  else query.delete(key);
  load();
}

async function showHistory(/** @type {any} */ each) {
  const key = keyOf(each);
  if (histories.has(key)) histories.delete(key);
  else histories.set(key, await ask(`/api/verdicts/${each.person}/${each.day}/${encodeURIComponent(each.shift)}`));
  draw();
}

async function excuse(/** @type {Event} */ event, /** @type {any} */ each) {
  event.preventDefault();
  const reason = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("reason") ?? "").trim();
  try {
    await ask("/api/ledger/excuse", { person: each.person, day: each.day, shift: each.shift, reason });
    excusing = "";
    histories.delete(keyOf(each));
    await load();
  } catch (error) {
    trouble = wordsOf(error);
    draw();
  }
}

function toggle(/** @type {number} */ person) {
  if (!open.delete(person)) open.add(person);
  draw();
}

/** @param {{each: any}} props */
function Case({ each }) {
  const key = keyOf(each);
  const past = histories.get(key);
  return html`<tr><td><a href=${dayLink(each.person, each.day)}>${each.day}</a></td><td>${each.shift_name}</td>
    <td><span class=${`verdict v-${each.verdict}`}>${verdictWords(each)}</span>${each.covered ? html` <span class="chip good">${t("ledger.covered")}</span>` : each.tier ? html` <span class="chip">${each.tier}</span>` : null}</td>
    <td>${each.call_id ? html`<a href=${`/calls/${each.call_id}`}>${clockSeconds(each.first_dial_at)}</a>` : html`<span class="muted">${t("ledger.no_dial")}</span>`}</td>
    <td class="words small muted">${evidence(each).map((words) => html`<div>${words}</div>`)}
      ${past ? html`<ul>${past.map((p) => html`<li>${dateTime(p.decided_at)} ${verdictWords(p)}</li>`)}</ul>` : null}
      ${excusing === key ? html`<form class="fields" onSubmit=${(/** @type {Event} */ e) => excuse(e, each)}><label class="wide"><span>${t("ledger.reason")}</span><input name="reason" required maxlength="500" /></label><button class="primary">${t("ledger.excuse")}</button></form>` : null}</td>
    <td><div class="actions"><a class="button small" href=${dayLink(each.person, each.day)}>${t("ledger.day")}</a>
      <button type="button" class="small" aria-expanded=${past ? "true" : "false"} onClick=${() => showHistory(each)}>${t("ledger.history")}</button>
      ${each.verdict === "excused" || !may("enter_discipline") ? null : html`<button type="button" class="small" aria-expanded=${excusing === key ? "true" : "false"} onClick=${() => { excusing = excusing === key ? "" : key; draw(); }}>${t("ledger.excuse")}…</button>`}</div></td></tr>`;
}

/** @param {number} value @param {boolean} [act] */
const figure = (value, act) => html`<td class="num">${value ? html`<b class=${act ? "act" : ""}>${count(value)}</b>` : html`<span class="zero">0</span>`}</td>`;

/** @param {{account: any}} props */
function Account({ account }) {
  const shown = open.has(account.person);
  return html`<tr class="account" onClick=${(/** @type {MouseEvent} */ e) => { if (!(e.target instanceof HTMLAnchorElement)) toggle(account.person); }}>
      <td><button type="button" class="plain" aria-expanded=${shown ? "true" : "false"}>${shown ? "▾" : "▸"} ${account.name}</button> <span class="muted small">${account.extension}</span></td><td>${account.team_name ?? account.team}</td>
      ${figure(account.checked)}${figure(account.on_time)}${figure(account.late)}${figure(account.covered)}${figure(account.counted, true)}${figure(account.minutes)}
      ${ledger.tiers.map((/** @type {string} */ tier) => figure(account.tiers[tier] ?? 0))}${figure(account.not_started, true)}${figure(account.indeterminate)}${figure(account.excused)}</tr>
    ${shown ? html`<tr class="cases"><td colspan=${11 + ledger.tiers.length}>${account.cases.length ? html`<table><thead><tr><th>${t("calendar.day")}</th>${["shift", "verdict", "first_dial", "evidence", "actions"].map((c) => html`<th>${t(`ledger.${c}`)}</th>`)}</tr></thead><tbody>${account.cases.map((/** @type {any} */ each) => html`<${Case} key=${keyOf(each)} each=${each} />`)}</tbody></table>` : html`<p class="muted pad">${t("ledger.no_cases")}</p>`}</td></tr>` : null}`;
}

/** Columns that count verdicts. */
const JUDGED = new Set(["on_time", "late"]);

/** The month's dials, of the team that is chosen: what the verdicts rest on. */
function monthCalls() {
  const from = dayStart(`${query.get("month")}-01`);
  const next = midnight(from + 43200 + 31 * 86400);
  const params = new URLSearchParams({ from: String(from), to: String(dayStart(`${monthOf(next)}-01`)), dial: "true" });
  if (query.get("team")) params.set("team", query.get("team") ?? "");
  return `/calls/?${params}`;
}

function view() {
  document.title = `${t("discipline.ledger")} · Dialwatch`;
  const csv = new URLSearchParams(query);
  csv.set("language", language());
  const option = (/** @type {string} */ key, /** @type {string} */ value, /** @type {string} */ words) => html`<option value=${value} selected=${query.get(key) === value}>${words}</option>`;
  return html`<${Bar} page="discipline" /><main class="sheet" id="main"><${Tabs} here="ledger" />
    <div class="tools"><label><span>${t("ledger.month")}</span><input type="month" value=${query.get("month")} onChange=${(/** @type {any} */ e) => e.target.value && set("month", e.target.value)} /></label>
      <label><span>${t("filter.team")}</span><select onChange=${(/** @type {any} */ e) => set("team", e.target.value)}>${option("team", "", t("filter.all"))}${choices.teams.map((/** @type {any} */ x) => option("team", x.id, x.name))}</select></label>
      <label><span>${t("ledger.verdict")}</span><select onChange=${(/** @type {any} */ e) => set("verdict", e.target.value)}>${option("verdict", "", t("filter.all"))}${["late", "not_started", "indeterminate", "excused"].map((v) => option("verdict", v, t(`ledger.verdict.${v}`)))}</select></label>
      ${query.has("person") ? html`<button type="button" onClick=${() => set("person", "")}>${t("ledger.everybody")}</button>` : null}
      <a class="button push" href=${`/api/ledger.csv?${csv}`} download>${t("calls.csv")}</a></div>
    ${trouble ? html`<p class="bad" role="alert">${trouble}</p>` : null}
    ${ledger ? html`<p class="muted small">${t("ledger.rules", { n: ledger.grace_count, minutes: ledger.grace_minutes })}</p>
    <div class="panel scroller"><table><thead><tr><th>${t("ledger.name")}</th><th>${t("filter.team")}</th>${["checked", "on_time", "late", "covered", "counted", "minutes"].map((c) => html`<th class="num">${t(`ledger.${c}`)}${JUDGED.has(c) ? html` <${Why} of="dial_start" calls=${monthCalls()} />` : null}</th>`)}${ledger.tiers.map((/** @type {string} */ tier) => html`<th class="num">${tier}</th>`)}${["not_started", "indeterminate", "excused"].map((c) => html`<th class="num">${t(`ledger.${c}`)} <${Why} of="dial_start" calls=${monthCalls()} /></th>`)}</tr></thead>
      <tbody>${ledger.accounts.map((/** @type {any} */ a) => html`<${Account} key=${a.person} account=${a} />`)}</tbody></table>
      ${ledger.accounts.length ? null : html`<p class="empty">${t("ledger.empty")}</p>`}</div>` : html`<p class="empty" role="status">${t("calls.loading")}</p>`}
  </main>${explain?.Dialog()}`;
}

const draw = mount(view);
explain = explainer(draw);
load();
