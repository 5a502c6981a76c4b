// The working calendar of a year: the state's days, days by hand, and what is not known yet.
import { dayText } from "../common/format.js";
import { Bar, html, may, me, mount, request } from "../common/ui.js";
import { language, t } from "../common/words.js";
import { addDays, ask, attempts, BadRows, Said, send, start, Tabs } from "../common/discipline.js";

const { now } = await start();
const query = new URLSearchParams(location.search);
if (!query.has("year")) query.set("year", dayText(now()).slice(0, 4));
const [choices, people] = await Promise.all([request("/api/filters").then((r) => r.json()), ask("/api/people")]);
/** @type {any} */ let year = null;
/** @type {any} */ let preview = null;
/** @type {File | null} */ let file = null;
let official = false;
let scope = "";
const { said, attempt } = attempts(() => draw());

async function load() {
  history.replaceState(null, "", `?${query}`);
  year = await ask(`/api/calendar/${query.get("year")}`);
  draw();
}

function enter(/** @type {Event} */ event) {
  event.preventDefault();
  const data = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
  const [kind, id] = String(data.scope).split(":");
  attempt(async () => {
    await ask("/api/calendar/days", { day: data.day, working: data.working === "1", name: String(data.name).trim(), team: kind === "team" ? id : "", person: kind === "person" ? Number(id) : 0, official: kind === "official" });
    said.done = t("calendar.entered", { day: String(data.day) });
    query.set("year", String(data.day).slice(0, 4));
    await load();
  });
}

/** @param {any} row */
function remove(row) {
  attempt(async () => {
    await ask("/api/calendar/days/remove", { day: row.day, working: row.working, team: row.team, person: row.person, official: row.official });
    await load();
  });
}

function choose(/** @type {any} */ event) {
  file = event.target.files[0] ?? null;
  look();
}

function look() {
  preview = null;
  if (file) attempt(async () => { preview = await send(`/api/calendar/import?official=${official}`, /** @type {File} */ (file)); });
}

function write() {
  attempt(async () => {
    const found = await send(`/api/calendar/import?write=true&official=${official}`, /** @type {File} */ (file));
    said.done = t("calendar.taken", { n: found.days.length });
    preview = null;
    file = null;
    await load();
  });
}

const teamOf = (/** @type {string} */ id) => choices.teams.find((/** @type {any} */ x) => x.id === id)?.name ?? id;
/** Whether the login may take a day away: one of the whole site is for who sees it. */
const mine = (/** @type {any} */ row) => may("enter_discipline") && (me.teams === null || row.team !== "" || row.person !== 0);
const scopeWords = (/** @type {any} */ row) => (row.person ? row.person_name : row.team ? teamOf(row.team) : row.official ? t("calendar.official") : t("calendar.site"));

/** @param {{month: number, marks: Map<string, any>}} props */
function Month({ month, marks }) {
  const first = `${query.get("year")}-${String(month).padStart(2, "0")}-01`;
  const name = new Intl.DateTimeFormat(language(), { month: "long", timeZone: "UTC" }).format(new Date(first));
  const lead = (new Date(first).getUTCDay() + 6) % 7;
  /** @type {(string | null)[]} */ const days = Array(lead).fill(null);
  for (let day = first; day.slice(0, 7) === first.slice(0, 7); day = addDays(day, 1)) days.push(day);
  while (days.length % 7) days.push(null);
  const weekday = new Intl.DateTimeFormat(language(), { weekday: "narrow", timeZone: "UTC" });
  const rows = Array.from({ length: days.length / 7 }, (_, i) => days.slice(i * 7, i * 7 + 7));
  return html`<div class="panel month"><h3>${name}</h3><table><thead><tr>${[0, 1, 2, 3, 4, 5, 6].map((d) => html`<th>${weekday.format(new Date(Date.UTC(2024, 0, 1 + d)))}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((day, i) => {
    if (!day) return html`<td></td>`;
    const mark = marks.get(day);
    const kind = mark ? (mark.working ? "work" : "off") : i > 4 ? "weekend" : "";
    return html`<td><span class=${`${kind} ${day === dayText(now()) ? "today" : ""}`} title=${mark ? `${mark.working ? t("calendar.work") : t("calendar.off")} ${mark.name}` : null}>${Number(day.slice(8))}</span></td>`;
  })}</tr>`)}</tbody></table></div>`;
}

function view() {
  document.title = `${t("discipline.calendar")} · Dialwatch`;
  if (!year) return html`<${Bar} page="discipline" /><div class="empty" role="status">${t("calls.loading")}</div>`;
  const site = year.own.filter((/** @type {any} */ d) => !d.team && !d.person);
  const marks = new Map([...year.state, ...site].map((d) => [d.day, d]));
  const step = (/** @type {number} */ by) => { query.set("year", String(Number(query.get("year")) + by)); load(); };
  return html`<${Bar} page="discipline" /><main class="sheet" id="main"><${Tabs} here="calendar" />
    ${year.unknown_from ? html`<p class="notice" role="status">ⓘ ${t("calendar.unknown", { day: year.unknown_from })}</p>` : null}
    <${Said} said=${said} />
    <div class="tools"><button type="button" onClick=${() => step(-1)} aria-label=${t("calendar.before")}>‹</button><h1>${year.year}</h1><button type="button" onClick=${() => step(1)} aria-label=${t("calendar.after")}>›</button>
      <span class=${`chip ${year.country ? (year.known ? "good" : "warn") : ""}`}>${year.country ? (year.known ? t("calendar.known") : t("calendar.not_known")) : t("calendar.no_country")}</span>
      <span class="legend push"><span><i class="k-absence"></i>${t("calendar.off")}</span><span><i class="k-inbound"></i>${t("calendar.work")}</span></span></div>
    <div class="months">${Array.from({ length: 12 }, (_, i) => html`<${Month} key=${i} month=${i + 1} marks=${marks} />`)}</div>
    ${may("enter_discipline") ? html`<section class="panel pad"><h2>${t("calendar.enter")}</h2><form class="fields" onSubmit=${enter}>
      <label><span>${t("calendar.day")}</span><input type="date" name="day" required /></label>
      <label><span>${t("calendar.kind")}</span><select name="working"><option value="0">${t("calendar.off")}</option><option value="1">${t("calendar.work")}</option></select></label>
      <label><span>${t("calendar.scope")}</span><select name="scope" onChange=${(/** @type {any} */ e) => { scope = e.target.value; draw(); }}>${me.teams ? null : html`<option value="site">${t("calendar.site")}</option><option value="official">${t("calendar.official")}</option>`}${choices.teams.map((/** @type {any} */ x) => html`<option value=${`team:${x.id}`}>${x.name}</option>`)}${people.map((/** @type {any} */ p) => html`<option value=${`person:${p.id}`}>${p.extension} ${p.name}</option>`)}</select></label>
      <label class="wide"><span>${t("calendar.name")}</span><input name="name" maxlength="128" /></label><button class="primary">${t("leave.save")}</button></form>
      ${scope === "official" ? html`<p class="muted small">${t("calendar.official_hint")}</p>` : null}</section>` : null}
    ${may("import_sheets") ? html`<section class="panel pad"><h2>${t("calendar.import")}</h2><p class="muted small">${t("calendar.import_hint")}</p>
      <div class="fields"><label><span class="visually-hidden">${t("import.file")}</span><input type="file" accept=".csv,.xlsx,.txt" onChange=${choose} key=${file ? "file" : said.done} /></label>
      <label class="check"><input type="checkbox" checked=${official} onChange=${(/** @type {any} */ e) => { official = e.target.checked; look(); }} />${t("calendar.official")}</label></div>
      ${preview ? html`<div role="status">${preview.days.length ? html`<div class="scroller"><table><tbody>${preview.days.map((/** @type {any} */ d) => html`<tr><td>${d.day}</td><td>${d.working ? t("calendar.work") : t("calendar.off")}</td><td>${d.name}</td><td>${scopeWords(d)}</td></tr>`)}</tbody></table></div>` : null}<${BadRows} rows=${preview.bad} title=${t("import.bad_rows")} />
      ${preview.days.length && !preview.bad.length ? html`<button type="button" class="primary" onClick=${write}>${t("import.write", { n: preview.days.length })}</button>` : null}</div>` : null}</section>` : null}
    <section class="panel scroller"><h2 class="pad">${t("calendar.by_hand")}</h2><table><tbody>${year.own.map((/** @type {any} */ row) => html`<tr key=${`${row.day}${row.team}${row.person}${row.official}`}><td>${row.day}</td><td>${row.working ? t("calendar.work") : t("calendar.off")}</td><td class="words">${row.name}</td><td>${scopeWords(row)}</td><td class="muted">${row.entered_by}</td><td>${mine(row) ? html`<button type="button" class="small" onClick=${() => remove(row)}>${t("calendar.remove")}</button>` : null}</td></tr>`)}</tbody></table>
      ${year.own.length ? null : html`<p class="empty">${t("calendar.none")}</p>`}</section>
  </main>`;
}

const draw = mount(view);
load();
