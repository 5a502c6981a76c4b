// 坐席日程: one day of a person on lines of time, with all that a verdict rests on; the week as a strip per day.
import { explainer, Why } from "../common/explain.js";
import { clock, clockSeconds, dayText, duration, inWords } from "../common/format.js";
import { Bar, html, mount } from "../common/ui.js";
import { language, t } from "../common/words.js";
import { addDays, ask, dayLink, evidence, start, Tabs, verdictWords, wordsOf } from "../common/discipline.js";

const { now } = await start();
const query = new URLSearchParams(location.search);
if (!query.has("day")) query.set("day", dayText(now()));
/** @type {any[]} */ const people = await ask("/api/people");
if (!query.has("person") && people.length) query.set("person", String(people[0].id));
/** @type {any} */ let found = null;
let trouble = "";
/** @type {any} */ let explain = null;

const chosen = () => /** @type {string} */ (query.get("day"));

async function load() {
  history.replaceState(null, "", `?${query}`);
  const weekday = (new Date(chosen()).getUTCDay() + 6) % 7;
  try {
    found = await ask(`/api/people/${query.get("person")}/days?from=${addDays(chosen(), -weekday)}&days=7`);
    trouble = "";
  } catch (error) {
    found = null;
    trouble = wordsOf(error);
  }
  draw();
}

function set(/** @type {string} */ key, /** @type {string} */ value) {
  query.set(key, value);
  load();
}

/** The hours of the clock that matter: the same for all days of the week, so that they can be compared. */
function frame() {
  let from = 86400;
  let to = 0;
  for (const day of found.days) {
    const marks = [...day.verdicts.flatMap((/** @type {any} */ v) => [v.counts_from, v.ends_at]), ...day.calls.flatMap((/** @type {any} */ c) => [c.starts_at, c.ends_at ?? day.until])];
    for (const at of marks) {
      from = Math.min(from, Math.max(0, at - day.starts_at));
      to = Math.max(to, Math.min(86400, at - day.starts_at));
    }
  }
  return from < to ? { from: Math.floor(from / 3600) * 3600, to: Math.ceil(to / 3600) * 3600 } : { from: 8 * 3600, to: 18 * 3600 };
}

/** @param {any} day @param {{from: number, to: number}} span */
function scaleOf(day, span) {
  const x = (/** @type {number} */ at) => Math.max(0, Math.min(100, ((at - day.starts_at - span.from) / (span.to - span.from)) * 100));
  const bar = (/** @type {string} */ kind, /** @type {number} */ a, /** @type {number | null} */ b, /** @type {string} */ words, /** @type {string} */ href = "") => {
    const end = b ?? day.until;
    const place = { left: `${x(a)}%`, width: `${Math.max(0.15, x(end) - x(a))}%` };
    return href ? html`<a class=${`k-${kind}`} href=${href} style=${place} title=${words} aria-label=${words} tabindex="-1"></a>` : html`<i class=${`k-${kind}`} style=${place} title=${words}></i>`;
  };
  return { x, bar };
}

const callKind = (/** @type {any} */ call) => (call.direction !== "outbound" ? call.direction : call.outcome === "answered" || (call.outcome == null && call.answered_at != null) ? "answered" : "unanswered");
const callWords = (/** @type {any} */ call) => `${clockSeconds(call.starts_at)} ${t(`direction.${call.direction}`)} ${call.number ?? ""} ${call.outcome ? t(`outcome.${call.outcome}`) : ""} ${call.talk_seconds ? duration(call.talk_seconds) : ""}`;

/** @param {{day: any, span: {from: number, to: number}, tall?: boolean}} props */
function Track({ day, span, tall = false }) {
  const { x, bar } = scaleOf(day, span);
  return html`<div class=${`track ${tall ? "tall" : ""}`} role="img" aria-label=${summary(day)}>
    ${day.verdicts.filter((/** @type {any} */ v) => v.verdict !== "off").map((/** @type {any} */ v) => bar("shift", v.starts_at, v.ends_at, `${v.shift_name} ${clock(v.starts_at)}–${clock(v.ends_at)}`))}
    ${day.breaks.map((/** @type {any} */ b) => bar("break", b.starts_at, b.ends_at, t("day.break")))}
    ${day.absences.map((/** @type {any} */ a) => bar("absence", a.starts_at, a.ends_at, `${t(`absence.${a.kind}`)} ${a.reason}`))}
    ${day.idle.map((/** @type {any} */ g) => bar("idle", g.starts_at, g.ends_at, `${t("day.idle")} ${inWords(g.ends_at - g.starts_at)}`))}
    ${day.gaps.map((/** @type {any} */ g) => bar("gap", g.starts_at, g.ends_at, `${t("day.gap")} ${t(`gap.${g.reason}`)}`))}
    ${day.outages.map((/** @type {any} */ o) => bar("down", o.starts_at, o.ends_at, downWords(o)))}
    ${day.calls.map((/** @type {any} */ c) => bar(callKind(c), c.starts_at, c.ends_at, callWords(c), tall ? `/calls/${c.id}` : ""))}
    ${day.verdicts.filter((/** @type {any} */ v) => v.verdict !== "off").map((/** @type {any} */ v) => html`<b style=${{ left: `${x(v.dial_by_at)}%` }} title=${t("deadline.by", { time: clock(v.dial_by_at) })}></b>`)}</div>`;
}

const downWords = (/** @type {any} */ o) => `${t(`down.${o.cause}`, { what: o.subject })} ${clock(o.starts_at)}–${o.ends_at == null ? "" : clock(o.ends_at)}`;
const summary = (/** @type {any} */ day) => [day.day, ...day.verdicts.map((/** @type {any} */ v) => `${v.shift_name} ${verdictWords(v)}`), t("day.calls", { n: day.calls.length })].join(" · ");

/** @param {{span: {from: number, to: number}}} props */
function Scale({ span }) {
  const step = span.to - span.from > 12 * 3600 ? 7200 : 3600;
  const marks = [];
  for (let at = span.from; at <= span.to; at += step) marks.push(at);
  return html`<div class="line"><span></span><div class="scale" aria-hidden="true">${marks.map((at) => html`<em style=${{ left: `${((at - span.from) / (span.to - span.from)) * 100}%` }}>${String(at / 3600).padStart(2, "0")}</em>`)}</div></div>`;
}

function Legend() {
  const kinds = [["answered", t("outcome.answered")], ["unanswered", t("day.unanswered")], ["inbound", t("direction.inbound")], ["internal", t("direction.internal")], ["idle", t("day.idle_long", { n: found.idle_minutes })], ["absence", t("discipline.leave")], ["gap", t("day.gap")], ["down", t("day.down")]];
  return html`<div class="legend">${kinds.map(([kind, words]) => html`<span><i class=${`k-${kind}`}></i>${words}</span>`)}</div>`;
}

/** @param {{day: any}} props */
function Verdicts({ day }) {
  if (!day.verdicts.length) return html`<p class="muted">${t("day.no_shift", { why: t(`dayoff.${day.working ? "shift" : day.why}`), name: day.why_name })}</p>`;
  return html`<table class="stack"><tbody>${day.verdicts.map((/** @type {any} */ v) => html`<tr><td>${v.shift_name}</td><td><span class=${`verdict v-${v.verdict}`}>${verdictWords(v)}</span>${v.tier ? html` <span class="chip">${v.tier}</span>` : null}</td><td>${v.call_id ? html`${t("ledger.first_dial")} <a href=${`/calls/${v.call_id}`}>${clockSeconds(v.first_dial_at)}</a>` : t("ledger.no_dial")}</td><td class="words small muted">${evidence(v).map((words) => html`<div>${words}</div>`)}</td></tr>`)}</tbody></table>`;
}

/** The calls of a day on the person's extension. @param {any} day */
const dayCalls = (day) => `/calls/?${new URLSearchParams({ from: String(day.starts_at), to: String(day.ends_at), agent: found.person.agent })}`;

function view() {
  document.title = `${t("day.title")} · Dialwatch`;
  if (trouble) return html`<${Bar} page="discipline" /><p class="empty bad" role="alert">${trouble}</p>`;
  if (!found) return html`<${Bar} page="discipline" /><div class="empty" role="status">${t("calls.loading")}</div>`;
  const span = frame();
  const day = found.days.find((/** @type {any} */ d) => d.day === chosen());
  const who = found.person;
  const weekday = new Intl.DateTimeFormat(language(), { month: "numeric", day: "numeric", weekday: "short", timeZone: "UTC" });
  return html`<${Bar} page="discipline" /><main class="sheet" id="main"><${Tabs} here="" />
    <div class="tools"><h1>${who.name} <span class="muted small">${who.extension} · ${who.team_name ?? who.team}</span></h1>
      <label class="push"><span>${t("filter.agent")}</span><select onChange=${(/** @type {any} */ e) => set("person", e.target.value)}>${people.map((p) => html`<option value=${p.id} selected=${String(p.id) === query.get("person")}>${p.extension} ${p.name}</option>`)}</select></label>
      <label><span>${t("calendar.day")}</span><input type="date" value=${chosen()} onChange=${(/** @type {any} */ e) => e.target.value && set("day", e.target.value)} /></label>
      <button type="button" onClick=${() => set("day", addDays(chosen(), -7))} aria-label=${t("day.week_before")}>‹</button><button type="button" onClick=${() => set("day", addDays(chosen(), 7))} aria-label=${t("day.week_after")}>›</button></div>
    <section class="panel pad lines"><h2>${day.day}</h2><div class="line"><span>${t("day.line")}</span><${Track} day=${day} span=${span} tall=${true} /></div><${Scale} span=${span} /><${Legend} /></section>
    <section class="panel pad scroller"><h2>${t("day.verdicts")} <${Why} of="dial_start" calls=${dayCalls(day)} /></h2><${Verdicts} day=${day} /></section>
    <section class="panel pad lines"><h2>${t("day.week")}</h2>${found.days.map((/** @type {any} */ d) => html`<div class="line" key=${d.day}><a href=${dayLink(who.id, d.day)} aria-current=${d.day === chosen() ? "date" : null} onClick=${(/** @type {Event} */ e) => { e.preventDefault(); set("day", d.day); }}>${weekday.format(new Date(d.day))}</a><${Track} day=${d} span=${span} /></div>`)}<${Scale} span=${span} /></section>
    ${day.outages.length || day.gaps.length ? html`<section class="panel pad scroller"><h2>${t("day.lost", { time: inWords(day.scheduled_seconds - day.expected_seconds) })}</h2><p class="muted small">${t("day.lost_note")}</p><table><tbody>${[...day.outages.map((/** @type {any} */ o) => ({ ...o, words: t(`down.${o.cause}`, { what: o.subject }) })), ...day.gaps.map((/** @type {any} */ g) => ({ ...g, words: `${t("day.gap")} · ${t(`gap.${g.reason}`)}` }))].sort((a, b) => a.starts_at - b.starts_at).map((each) => html`<tr><td>${clock(each.starts_at)}–${each.ends_at == null ? "" : clock(each.ends_at)}</td><td class="num">${inWords((each.ends_at ?? day.until) - each.starts_at)}</td><td class="words">${each.words}</td></tr>`)}</tbody></table></section>` : null}
    ${day.idle.length ? html`<section class="panel pad scroller"><h2>${t("day.idle_long", { n: found.idle_minutes })} <${Why} of="idle_seconds" calls=${dayCalls(day)} /></h2><table><tbody>${day.idle.map((/** @type {any} */ g) => html`<tr><td>${clock(g.starts_at)}–${clock(g.ends_at)}</td><td class="num">${inWords(g.ends_at - g.starts_at)}</td></tr>`)}</tbody></table></section>` : null}
    <section class="panel scroller long"><h2 class="pad">${t("day.calls", { n: day.calls.length })} <${Why} of="dials" calls=${dayCalls(day)} /></h2><table><tbody>${day.calls.map((/** @type {any} */ c) => html`<tr key=${c.id}><td><a href=${`/calls/${c.id}`}>${clockSeconds(c.starts_at)}</a></td><td>${t(`direction.${c.direction}`)}</td><td>${c.number ?? "—"}</td><td>${c.outcome ? t(`outcome.${c.outcome}`) : t("story.now")}</td><td class="num">${c.talk_seconds ? duration(c.talk_seconds) : ""}</td></tr>`)}</tbody></table></section>
  </main>${explain?.Dialog()}`;
}

const draw = mount(view);
explain = explainer(draw);
if (query.has("person")) load();
else { trouble = t("board.no_agents"); draw(); }
