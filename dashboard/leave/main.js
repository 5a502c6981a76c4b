// Leave, training, field work, exceptions: enter, list, take back, import with a preview.
import { clock, dateTime, dayStart, dayText } from "../common/format.js";
import { Bar, html, may, mount } from "../common/ui.js";
import { t } from "../common/words.js";
import { addDays, ask, attempts, BadRows, fieldInstant, monthOf, Said, send, start, Tabs } from "../common/discipline.js";

const KINDS = ["leave", "training", "field_work", "exception"];
const { now } = await start();
const query = new URLSearchParams(location.search);
if (!query.has("month")) query.set("month", monthOf(now()));
/** @type {any[]} */ const people = await ask("/api/people");
/** @type {any[] | null} */ let rows = null;
/** @type {any} */ let preview = null;
/** @type {File | null} */ let file = null;
const { said, attempt } = attempts(() => draw());

async function load() {
  history.replaceState(null, "", `?${query}`);
  const first = `${query.get("month")}-01`;
  const next = addDays(`${query.get("month")}-28`, 4).slice(0, 7);
  const params = new URLSearchParams({ from: String(dayStart(first)), to: String(dayStart(`${next}-01`)) });
  const person = query.get("person");
  if (person) params.set("person", person);
  rows = await ask(`/api/absences?${params}`);
  draw();
}

function enter(/** @type {Event} */ event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const data = Object.fromEntries(new FormData(form));
  attempt(async () => {
    await ask("/api/absences", { person: Number(data.person), kind: data.kind, starts_at: fieldInstant(String(data.starts_at)), ends_at: fieldInstant(String(data.ends_at)), reason: data.reason });
    said.done = t("leave.entered");
    form.reset();
    await load();
  });
}

function withdraw(/** @type {any} */ row) {
  const reason = prompt(t("leave.withdraw_why", { name: row.name }));
  if (reason?.trim()) attempt(async () => { await ask(`/api/absences/${row.id}/withdraw`, { reason: reason.trim() }); await load(); });
}

function choose(/** @type {any} */ event) {
  file = event.target.files[0] ?? null;
  preview = null;
  if (file) attempt(async () => { preview = await send("/api/absences/import", /** @type {File} */ (file)); });
}

function write(/** @type {boolean} */ skipBad) {
  attempt(async () => {
    const found = await send(`/api/absences/import?write=true${skipBad ? "&skip_bad=true" : ""}`, /** @type {File} */ (file));
    said.done = t("leave.taken", { n: found.changes.length });
    preview = null;
    file = null;
    await load();
  });
}

const span = (/** @type {any} */ row) => `${dateTime(row.starts_at).slice(0, -3)} – ${dayText(row.starts_at) === dayText(row.ends_at) ? clock(row.ends_at) : dateTime(row.ends_at).slice(0, -3)}`;

function Preview() {
  if (!preview) return null;
  return html`<div role="status"><p>${t("leave.preview", { n: preview.changes.length, known: preview.known, skipped: preview.not_granted.length, bad: preview.bad.length })}</p>
    ${preview.changes.length ? html`<div class="scroller"><table><tbody>${preview.changes.map((/** @type {any} */ each, /** @type {number} */ i) => html`<tr><td class="num muted">${preview.lines[i]}</td><td>${each.name}</td><td>${each.withdrawn_at == null ? t(`absence.${each.kind}`) : t("import.taken_back")}</td><td>${span(each)}</td><td class="words">${each.reason}</td></tr>`)}</tbody></table></div>` : null}
    <${BadRows} rows=${preview.bad} title=${t("import.bad_rows")} /><${BadRows} rows=${preview.not_granted} title=${t("import.skipped_rows")} />
    <div class="actions">${preview.changes.length && !preview.bad.length ? html`<button type="button" class="primary" onClick=${() => write(false)}>${t("import.write", { n: preview.changes.length })}</button>` : null}
    ${preview.changes.length && preview.bad.length ? html`<button type="button" onClick=${() => write(true)}>${t("import.write_good", { n: preview.changes.length })}</button>` : null}</div></div>`;
}

function view() {
  document.title = `${t("discipline.leave")} · Dialwatch`;
  const today = dayText(now());
  return html`<${Bar} page="discipline" /><main class="sheet" id="main"><${Tabs} here="leave" />
    <${Said} said=${said} />
    ${may("enter_discipline") ? html`<section class="panel pad"><h2>${t("leave.enter")}</h2><form class="fields" onSubmit=${enter}>
      <label><span>${t("filter.agent")}</span><select name="person" required>${people.map((p) => html`<option value=${p.id}>${p.extension} ${p.name}</option>`)}</select></label>
      <label><span>${t("leave.kind")}</span><select name="kind">${KINDS.map((k) => html`<option value=${k}>${t(`absence.${k}`)}</option>`)}</select></label>
      <label><span>${t("filter.from")}</span><input type="datetime-local" name="starts_at" required defaultValue=${`${today}T09:00`} /></label>
      <label><span>${t("filter.to")}</span><input type="datetime-local" name="ends_at" required defaultValue=${`${today}T18:00`} /></label>
      <label class="wide"><span>${t("ledger.reason")}</span><input name="reason" required maxlength="500" /></label>
      <button class="primary">${t("leave.save")}</button></form></section>` : null}
    ${may("import_sheets") ? html`<section class="panel pad"><h2>${t("leave.import")}</h2><p class="muted small">${t("leave.import_hint")}</p>
      <label class="fields"><span class="visually-hidden">${t("import.file")}</span><input type="file" accept=".csv,.xlsx,.txt" onChange=${choose} key=${file ? "file" : said.done} /></label><${Preview} /></section>` : null}
    <section class="panel scroller"><div class="pad tools"><label><span>${t("ledger.month")}</span><input type="month" value=${query.get("month")} onChange=${(/** @type {any} */ e) => { if (e.target.value) { query.set("month", e.target.value); load(); } }} /></label>
      <label><span>${t("filter.agent")}</span><select onChange=${(/** @type {any} */ e) => { if (e.target.value) query.set("person", e.target.value); else query.delete("person"); load(); }}><option value="">${t("filter.all")}</option>${people.map((p) => html`<option value=${p.id} selected=${query.get("person") === String(p.id)}>${p.extension} ${p.name}</option>`)}</select></label></div>
      <table><thead><tr>${["who", "kind", "when", "reason", "granted_by", "source"].map((c) => html`<th>${t(`leave.${c}`)}</th>`)}<th></th></tr></thead>
      <tbody>${(rows ?? []).map((row) => html`<tr key=${row.id} class=${row.withdrawn_at == null ? "" : "withdrawn"}><td>${row.name}</td><td>${t(`absence.${row.kind}`)}</td><td>${span(row)}</td><td class="words">${row.reason}</td><td>${row.granted_by}</td><td class="muted small">${row.source?.startsWith("row:") ? "" : row.source ?? ""}</td>
        <td class="keep">${row.withdrawn_at != null ? html`<span class="chip">${t("import.taken_back")}</span>` : may("enter_discipline") ? html`<button type="button" class="small" onClick=${() => withdraw(row)}>${t("leave.withdraw")}</button>` : null}</td></tr>`)}</tbody></table>
      ${rows && !rows.length ? html`<p class="empty">${t("leave.none")}</p>` : null}</section>
  </main>`;
}

const draw = mount(view);
load();
