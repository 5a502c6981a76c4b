// Who sits where: the teams with their people, changes from a date on, a person's history, import with a preview.
import { dayStart, dayText, stampText } from "../common/format.js";
import { Bar, html, mount } from "../common/ui.js";
import { t } from "../common/words.js";
import { ask, attempts, BadRows, fieldInstant, Said, send, start, Tabs } from "../common/discipline.js";

const { now } = await start();
const query = new URLSearchParams(location.search);
/** @type {any} */ let roster = null;
/** @type {any} */ let chosen = null;
/** @type {any} */ let history = null;
/** @type {any} */ let preview = null;
/** @type {File | null} */ let file = null;
/** How the form's person works, as chosen: as the team (""), on ``days`` of the week, by a rota. */
let works = "";
/** @type {Set<number>} */ let days = new Set();
let complete = false;
let from = "";
const { said, attempt } = attempts(() => draw());

async function load() {
  window.history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  const day = query.get("day");
  roster = await ask(`/api/roster${day ? `?at=${dayStart(day) + 43200}` : ""}`);
  const person = Number(query.get("person"));
  chosen = person ? [...roster.seats, ...roster.planned, ...roster.gone].find((each) => each.person === person) ?? null : null;
  history = chosen ? await ask(`/api/roster/people/${person}`) : null;
  days = new Set(chosen?.working?.weekdays ?? []);
  works = chosen?.working?.rota.length ? "rota" : chosen?.working?.weekdays ? "weekdays" : "";
  draw();
}

/** @param {any} seat */
function choose(seat) {
  query.set("person", String(seat.person));
  attempt(async () => {
    await load();
    document.querySelector("main .panel")?.scrollIntoView({ block: "nearest" }); // the form stands above the rows
  });
}

function close() {
  query.delete("person");
  attempt(load);
}

/** @param {any} working */
const workingText = (working) => (!working ? "" : working.rota.length > 2 ? `${working.rota.join("+")} ${working.rota_from}` : working.rota.length ? t("people.rota", { on: working.rota[0], off: working.rota[1], from: working.rota_from }) : (working.weekdays ?? []).map((/** @type {number} */ d) => t(`weekday.short.${d}`)).join(" "));

/** What the form says of working days. @param {Record<string, any>} data */
function working(data) {
  if (works === "weekdays") return { weekdays: [...days].sort(), rota: [], rota_from: null };
  if (works === "rota") return { weekdays: null, rota: data.rota.split("+").map(Number), rota_from: data.rota_from };
  return null;
}

function change(/** @type {Event} */ event) {
  event.preventDefault();
  const data = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
  const leaves = data.what === "leaves";
  attempt(async () => {
    const found = await ask("/api/roster/moves", {
      person: chosen?.person ?? 0,
      name: String(data.name).trim(),
      number: String(data.number).trim(),
      hired_on: data.hired_on || null,
      newcomer_until: data.newcomer_until || null,
      working: working(data),
      pbx: chosen ? chosen.agent.split("/")[0] : "",
      extension: leaves ? "" : String(data.extension).trim(),
      team: leaves ? "" : data.team,
      lead: data.lead === "on",
      valid_from: fieldInstant(String(data.valid_from)),
    });
    query.set("person", String(found.seats[0].person));
    await load();
    said.done = t("people.saved", { name: String(data.name) });
  });
}

function nameTeam(/** @type {Event} */ event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const data = Object.fromEntries(new FormData(form));
  attempt(async () => {
    await ask("/api/roster/teams", { id: String(data.id).trim(), name: String(data.name).trim() });
    form.reset();
    await load();
    said.done = t("people.team_saved", { name: String(data.name) });
  });
}

/** @param {boolean} write @param {boolean} [skipBad] */
const address = (write, skipBad) => `/api/roster/import?${new URLSearchParams({ write: String(write), complete: String(complete), ...(skipBad ? { skip_bad: "true" } : {}), ...(from ? { from: String(dayStart(from)) } : {}) })}`;

function look() {
  preview = null;
  if (file) attempt(async () => { preview = await send(address(false), /** @type {File} */ (file)); });
}

function write(/** @type {boolean} */ skipBad) {
  attempt(async () => {
    const found = await send(address(true, skipBad), /** @type {File} */ (file));
    preview = null;
    file = null;
    await load();
    said.done = t("people.taken", { n: found.changes.length });
  });
}

/** What was entered of a person, in words: the roster's audit keeps ``pbx/extension team instant``. @param {any} step */
function stepText(step) {
  const [agent, team, at, lead] = step.why.split(" ");
  if (step.what !== "roster" || !at) return step.why;
  const seat = agent === "-" ? t("people.leaves") : `${agent.split("/").pop()} ${roster.teams[team] ?? team}${lead ? ` ★ ${t("people.lead")}` : ""}`;
  return `${seat} ${since(Number(at))}`;
}

/** With the year: a seat may be held since long ago. */
const since = (/** @type {number} */ at) => (at > 0 ? stampText(at).slice(0, 16).replace("T", " ") : t("people.ever"));

/** @param {{seat: any}} props */
function Marks({ seat }) {
  return html`${seat.lead ? html`<span class="chip">★ ${t("people.lead")}</span> ` : null}${seat.newcomer ? html`<span class="chip good">✦ ${t("people.newcomer")}</span>` : null}`;
}

/** @param {{seats: any[], last?: boolean}} props */
function Seats({ seats, last = false }) {
  return seats.map((seat) => html`<tr key=${`${seat.person}${seat.valid_from}`}><td class="num">${seat.extension}</td><td><button type="button" class="plain" onClick=${() => choose(seat)}>${seat.name}</button></td><td class="muted">${seat.number}</td><td><${Marks} seat=${seat} /></td><td>${seat.hired_on ?? "—"}</td><td>${workingText(seat.working) || "—"}</td><td class="muted">${last && seat.valid_to != null ? t("people.until", { at: since(seat.valid_to) }) : since(seat.valid_from)}</td></tr>`);
}

function Heads() {
  return html`<thead><tr><th class="num">${t("people.extension")}</th><th>${t("people.name")}</th><th>${t("people.number")}</th><th>${t("people.marks")}</th><th>${t("people.hired_on")}</th><th>${t("people.working")}</th><th>${t("people.since")}</th></tr></thead>`;
}

/** @param {{own: any}} props */
function WorkingFields({ own }) {
  return html`<label><span>${t("people.working")}</span><select value=${works} onChange=${(/** @type {any} */ e) => { works = e.target.value; draw(); }}><option value="">${t("people.as_team")}</option><option value="weekdays">${t("people.by_week")}</option><option value="rota">${t("people.by_rota")}</option></select></label>
    ${works === "weekdays" ? html`<fieldset class="teams"><legend>${t("people.working")}</legend>${[0, 1, 2, 3, 4, 5, 6].map((day) => html`<label class="check"><input type="checkbox" required=${!days.size} checked=${days.has(day)} onChange=${(/** @type {any} */ e) => { if (e.target.checked) days.add(day); else days.delete(day); draw(); }} />${t(`weekday.${day}`)}</label>`)}</fieldset>` : null}
    ${works === "rota" ? html`<label><span>${t("people.rota_days")}</span><input name="rota" required pattern="[1-9][0-9]*\\+[1-9][0-9]*(\\+[1-9][0-9]*\\+[1-9][0-9]*)*" placeholder="6+1" defaultValue=${own?.rota.join("+") ?? ""} /></label><label><span>${t("people.rota_from")}</span><input type="date" name="rota_from" required defaultValue=${own?.rota_from ?? ""} /></label>` : null}`;
}

function Form() {
  if (roster.source !== "store") return null;
  const seat = chosen;
  const here = stampText(now()).slice(0, 16);
  return html`<section class="panel pad" key=${seat ? seat.person : "new"}><h2>${seat ? t("people.change", { name: seat.name }) : t("people.add")}</h2><form class="fields" onSubmit=${change}>
    <label><span>${t("people.name")}</span><input name="name" required maxlength="128" defaultValue=${seat?.name ?? ""} /></label>
    <label><span>${t("people.extension")}</span><input name="extension" maxlength="64" pattern="[A-Za-z0-9_.+*#\\-]+" required=${!seat} defaultValue=${seat?.extension ?? ""} /></label>
    <label><span>${t("filter.team")}</span><select name="team">${Object.entries(roster.teams).map(([id, name]) => html`<option value=${id} selected=${seat?.team === id}>${name}</option>`)}</select></label>
    <label><span>${t("people.number")}</span><input name="number" maxlength="64" defaultValue=${seat?.number ?? ""} /></label>
    <label><span>${t("people.hired_on")}</span><input type="date" name="hired_on" defaultValue=${seat?.hired_on ?? ""} /></label>
    <label><span>${t("people.newcomer_until")}</span><input type="date" name="newcomer_until" defaultValue=${seat?.newcomer_until ?? ""} /></label>
    <${WorkingFields} own=${seat?.working} />
    <label class="check"><input type="checkbox" name="lead" defaultChecked=${seat?.lead ?? false} />${t("people.lead")}</label>
    ${seat ? html`<label><span>${t("people.what")}</span><select name="what"><option value="seat">${t("people.sits")}</option><option value="leaves">${t("people.leaves")}</option></select></label>` : null}
    <label><span>${t("people.from")}</span><input type="datetime-local" name="valid_from" required defaultValue=${here} /></label>
    <button class="primary">${t("leave.save")}</button>${seat ? html`<button type="button" onClick=${close}>${t("people.close")}</button>` : null}</form>
    <p class="muted small">${t("people.change_hint", { n: roster.newcomer_days })}</p></section>`;
}

function History() {
  if (!history) return null;
  return html`<section class="panel scroller"><h2 class="pad">${t("people.history", { name: chosen.name })}</h2><table><tbody>${history.seats.map((/** @type {any} */ seat) => html`<tr><td class="num">${seat.extension}</td><td>${seat.team_name}</td><td><${Marks} seat=${{ ...seat, newcomer: false }} /></td><td>${since(seat.valid_from)} – ${seat.valid_to == null ? "" : since(seat.valid_to)}</td></tr>`)}</tbody></table>
    ${history.steps.length ? html`<table><tbody>${history.steps.map((/** @type {any} */ step) => html`<tr class="muted small"><td>${since(step.at)}</td><td>${step.who}</td><td class="words">${stepText(step)}</td></tr>`)}</tbody></table>` : null}
    ${roster.source === "store" ? null : html`<p class="pad"><button type="button" onClick=${close}>${t("people.close")}</button></p>`}</section>`;
}

function Preview() {
  if (!preview) return null;
  const n = preview.changes.length;
  return html`<div role="status"><p>${t("people.preview", { n, known: preview.known, bad: preview.bad.length })}</p>
    ${n ? html`<div class="scroller long"><table><tbody>${preview.changes.map((/** @type {any} */ each) => html`<tr><td class="num muted">${each.line || ""}</td><td>${each.name}</td><td>${t(`roster.${each.what}`)}</td><td>${each.before}${each.before && each.extension ? " → " : ""}${each.extension} ${each.team_name}</td><td class="muted">${since(each.valid_from)}</td></tr>`)}</tbody></table></div>` : null}
    <${BadRows} rows=${preview.bad} title=${t("import.bad_rows")} />
    ${roster.source === "store" ? html`<div class="actions">${n && !preview.bad.length ? html`<button type="button" class="primary" onClick=${() => write(false)}>${t("import.write", { n })}</button>` : null}${n && preview.bad.length ? html`<button type="button" onClick=${() => write(true)}>${t("import.write_good", { n })}</button>` : null}</div>` : null}</div>`;
}

function view() {
  document.title = `${t("discipline.people")} · Dialwatch`;
  if (!roster) return html`<${Bar} page="discipline" /><div class="empty" role="status">${t("calls.loading")}</div>`;
  const teams = [...new Set([...Object.keys(roster.teams), ...roster.seats.map((/** @type {any} */ each) => each.team)])];
  return html`<${Bar} page="discipline" /><main class="sheet" id="main"><${Tabs} here="people" />
    ${roster.source === "config" ? html`<p class="notice" role="status">ⓘ ${t("people.by_config")}</p>` : null}
    <${Said} said=${said} />
    <div class="tools"><label><span>${t("people.day")}</span><input type="date" value=${query.get("day") ?? dayText(now())} onChange=${(/** @type {any} */ e) => { if (e.target.value && e.target.value !== dayText(now())) query.set("day", e.target.value); else query.delete("day"); attempt(load); }} /></label>
      <span class="muted push">${t("people.count", { n: roster.seats.length })}</span></div>
    <${Form} /><${History} />
    <section class="panel scroller"><table><${Heads} /><tbody>${teams.map((team) => {
      const seats = roster.seats.filter((/** @type {any} */ each) => each.team === team);
      return seats.length ? html`<tr class="group" key=${team}><td colspan="7">${roster.teams[team] ?? team} <span class="muted small">${team} · ${seats.length}</span></td></tr><${Seats} seats=${seats} />` : null;
    })}</tbody></table>${roster.seats.length ? null : html`<p class="empty">${t("people.nobody")}</p>`}</section>
    ${roster.planned.length ? html`<section class="panel scroller"><h2 class="pad">${t("people.planned")}</h2><table><${Heads} /><tbody><${Seats} seats=${roster.planned} /></tbody></table></section>` : null}
    <section class="panel pad"><h2>${t("people.import")}</h2><p class="muted small">${t("people.import_hint")}</p>
      <div class="fields"><label><span class="visually-hidden">${t("import.file")}</span><input type="file" accept=".csv,.xlsx,.txt" onChange=${(/** @type {any} */ e) => { file = e.target.files[0] ?? null; look(); }} key=${file ? "file" : said.done} /></label>
      <label><span>${t("people.from_day")}</span><input type="date" value=${from} onChange=${(/** @type {any} */ e) => { from = e.target.value; look(); }} /></label>
      <label class="check"><input type="checkbox" checked=${complete} onChange=${(/** @type {any} */ e) => { complete = e.target.checked; look(); }} />${t("people.complete")}</label></div><${Preview} /></section>
    ${roster.source === "store" ? html`<section class="panel pad"><h2>${t("people.teams")}</h2><form class="fields" onSubmit=${nameTeam}>
      <label><span>${t("people.team_id")}</span><input name="id" required maxlength="64" pattern="[A-Za-z0-9_.\\-]+" list="team-ids" /><datalist id="team-ids">${Object.entries(roster.teams).map(([id, name]) => html`<option value=${id}>${name}</option>`)}</datalist></label>
      <label><span>${t("people.team_name")}</span><input name="name" required maxlength="128" /></label><button class="primary">${t("leave.save")}</button></form></section>` : null}
    ${roster.gone.length ? html`<section class="panel scroller"><h2 class="pad">${t("people.gone")}</h2><table><${Heads} /><tbody><${Seats} seats=${roster.gone} last=${true} /></tbody></table></section>` : null}
  </main>`;
}

const draw = mount(view);
load();
