// Targets of site, teams and people with their validity, and overtime.
import { clock, dateTime, dayStart, dayText } from "../common/format.js";
import { Bar, html, mount, request } from "../common/ui.js";
import { t } from "../common/words.js";
import { addDays, ask, attempts, fieldInstant, Said, start, Tabs } from "../common/discipline.js";

const NAMES = ["dials", "connects", "effective_connects", "talk_minutes", "connect_rate"];
const PERIODS = ["day", "week", "month"];
const { now } = await start();
const [choices, people] = await Promise.all([request("/api/filters").then((r) => r.json()), ask("/api/people")]);
/** @type {any[] | null} */ let targets = null;
/** @type {any[]} */ let overtime = [];
const { said, attempt } = attempts(() => draw());

async function load() {
  const today = dayText(now());
  const span = new URLSearchParams({ from: String(dayStart(addDays(today, -31))), to: String(dayStart(addDays(today, 92))) });
  [targets, overtime] = await Promise.all([ask("/api/targets"), ask(`/api/overtime?${span}`)]);
  draw();
}

/** @param {any} scope */
function whose(scope) {
  const [kind, id] = String(scope).split(":");
  return { team: kind === "team" ? id : "", person: kind === "person" ? Number(id) : 0 };
}

function enter(/** @type {Event} */ event) {
  event.preventDefault();
  const data = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
  /** @type {Record<string, number | null>} */
  const values = {};
  for (const name of NAMES) values[name] = data[name] === "" ? null : Number(data[name]) / (name === "connect_rate" ? 100 : 1);
  attempt(async () => {
    await ask("/api/targets", { ...whose(data.scope), period: data.period, valid_from: data.valid_from, ...values });
    await load();
    said.done = t("targets.saved");
  });
}

/** @param {any} row */
function remove(row) {
  attempt(async () => {
    await ask("/api/targets/remove", { team: row.team, person: row.person, period: row.period, valid_from: row.valid_from });
    await load();
  });
}

function work(/** @type {Event} */ event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const data = Object.fromEntries(new FormData(form));
  attempt(async () => {
    await ask("/api/overtime", { ...whose(data.scope), starts_at: fieldInstant(String(data.starts_at)), ends_at: fieldInstant(String(data.ends_at)), dial_by_at: data.dial_by_at ? fieldInstant(String(data.dial_by_at)) : null, reason: String(data.reason).trim() });
    form.reset();
    await load();
    said.done = t("overtime.saved");
  });
}

/** @param {any} row */
function withdraw(row) {
  const reason = prompt(t("overtime.withdraw_why"));
  if (reason?.trim()) attempt(async () => { await ask(`/api/overtime/${row.id}/withdraw`, { reason: reason.trim() }); await load(); });
}

const scopeWords = (/** @type {any} */ row) => row.name || row.team_name || row.team || t("calendar.site");
const value = (/** @type {any} */ row, /** @type {string} */ name) => (row[name] == null ? "—" : name === "connect_rate" ? `${Math.round(row[name] * 1000) / 10}%` : row[name].toLocaleString());

function Scope() {
  return html`<label><span>${t("calendar.scope")}</span><select name="scope"><option value="site">${t("calendar.site")}</option>${choices.teams.map((/** @type {any} */ x) => html`<option value=${`team:${x.id}`}>${x.name}</option>`)}${people.map((/** @type {any} */ p) => html`<option value=${`person:${p.id}`}>${p.extension} ${p.name}</option>`)}</select></label>`;
}

function view() {
  document.title = `${t("discipline.targets")} · Dialwatch`;
  if (!targets) return html`<${Bar} page="discipline" /><div class="empty" role="status">${t("calls.loading")}</div>`;
  const today = dayText(now());
  return html`<${Bar} page="discipline" /><main class="sheet" id="main"><${Tabs} here="targets" />
    <${Said} said=${said} />
    <section class="panel pad"><h2>${t("targets.enter")}</h2><form class="fields" onSubmit=${enter}><${Scope} />
      <label><span>${t("targets.period")}</span><select name="period">${PERIODS.map((p) => html`<option value=${p}>${t(`targets.${p}`)}</option>`)}</select></label>
      <label><span>${t("targets.from")}</span><input type="date" name="valid_from" required defaultValue=${today} /></label>
      ${NAMES.map((name) => html`<label><span>${t(`targets.${name}`)}</span><input type="number" name=${name} min="0" max=${name === "connect_rate" ? 100 : null} step="any" style="width:8em" /></label>`)}
      <button class="primary">${t("leave.save")}</button></form><p class="muted small">${t("targets.hint")}</p></section>
    <section class="panel scroller"><table><thead><tr><th>${t("calendar.scope")}</th><th>${t("targets.period")}</th><th>${t("targets.from")}</th>${NAMES.map((name) => html`<th class="num">${t(`targets.${name}`)}</th>`)}<th>${t("leave.granted_by")}</th><th></th></tr></thead>
      <tbody>${targets.map((row) => html`<tr key=${`${row.source}${row.team}${row.person}${row.name}${row.period}${row.valid_from}`}><td>${scopeWords(row)}</td><td>${t(`targets.${row.period}`)}</td><td>${row.source === "config" ? t("people.ever") : row.valid_from}</td>${NAMES.map((name) => html`<td class="num">${value(row, name)}</td>`)}<td class="muted">${row.source === "config" ? "config.toml" : row.entered_by}</td><td>${row.source === "config" ? null : html`<button type="button" class="small" onClick=${() => remove(row)}>${t("calendar.remove")}</button>`}</td></tr>`)}</tbody></table>
      ${targets.length ? null : html`<p class="empty">${t("targets.none")}</p>`}</section>
    <section class="panel pad"><h2>${t("overtime.enter")}</h2><form class="fields" onSubmit=${work}><${Scope} />
      <label><span>${t("filter.from")}</span><input type="datetime-local" name="starts_at" required defaultValue=${`${today}T18:30`} /></label>
      <label><span>${t("filter.to")}</span><input type="datetime-local" name="ends_at" required defaultValue=${`${today}T20:30`} /></label>
      <label><span>${t("overtime.dial_by")}</span><input type="datetime-local" name="dial_by_at" /></label>
      <label class="wide"><span>${t("ledger.reason")}</span><input name="reason" required maxlength="500" /></label><button class="primary">${t("leave.save")}</button></form><p class="muted small">${t("overtime.hint")}</p></section>
    <section class="panel scroller"><table><thead><tr><th>${t("calendar.scope")}</th><th>${t("leave.when")}</th><th>${t("overtime.dial_by")}</th><th>${t("leave.reason")}</th><th>${t("leave.granted_by")}</th><th></th></tr></thead>
      <tbody>${overtime.map((row) => html`<tr key=${row.id} class=${row.withdrawn_at == null ? "" : "withdrawn"}><td>${scopeWords(row)}</td><td>${dateTime(row.starts_at).slice(0, -3)} – ${dayText(row.starts_at) === dayText(row.ends_at) ? clock(row.ends_at) : dateTime(row.ends_at).slice(0, -3)}</td><td>${row.dial_by_at == null ? "—" : clock(row.dial_by_at)}</td><td class="words">${row.reason}</td><td class="muted">${row.entered_by}</td><td class="keep">${row.withdrawn_at == null ? html`<button type="button" class="small" onClick=${() => withdraw(row)}>${t("leave.withdraw")}</button>` : html`<span class="chip">${t("import.taken_back")}</span>`}</td></tr>`)}</tbody></table>
      ${overtime.length ? null : html`<p class="empty">${t("overtime.none")}</p>`}</section>
  </main>`;
}

const draw = mount(view);
load();
