// The meetings' packs and the appraisal: targets and who is off, the best, in and out, the split, the forecast.
import { count, duration, NONE, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { Why } from "./figures.js";
import { callsLink } from "./links.js";

const GOALS = ["dials", "connects", "effective_connects", "talk_minutes", "connect_rate"];
const ABSENCES = ["leave", "training", "field_work", "exception"];
const number = (/** @type {any} */ n) => (n == null ? NONE : count(Math.round(n)));
const shown = (/** @type {string} */ key, /** @type {any} */ n) => (key === "connect_rate" ? percent(n) : number(n));
const points = (/** @type {any} */ n) => (n == null ? NONE : n.toFixed(1));

/** @param {any} report */
const sums = (report) => (report.team ? [report.site] : [...report.teams, report.site]);
/** @param {any} line */
const named = (line) => (line.key === "site" ? t("report.total") : line.label || t("team.unassigned"));
/** @param {any} line @returns {import("./links.js").Filter} */
const of = (line) => (line.key === "site" || !line.team ? {} : { team: line.team });

/** @param {{title: any, heads: any[], rows: any[][], totals?: number, text?: number, empty?: string}} props */
function Table({ title, heads, rows, totals = 0, text = 1, empty = "" }) {
  const row = (/** @type {any[]} */ cells) => html`<tr>${cells.map((c, i) => html`<td class=${i < text ? "" : "num"}>${c}</td>`)}</tr>`;
  const last = rows.length - totals;
  return html`<section class="panel pack"><h2>${title}</h2>${rows.length
    ? html`<div class="scroller"><table><thead><tr>${heads.map((h, i) => html`<th class=${i < text ? "" : "num"}>${h}</th>`)}</tr></thead>
    <tbody>${rows.slice(0, last).map(row)}</tbody><tfoot>${rows.slice(last).map(row)}</tfoot></table></div>`
    : html`<p class="empty small">${empty}</p>`}</section>`;
}

/** Today's targets, and who is off. @param {{report: any}} props */
export function Agenda({ report }) {
  const plan = report.agenda;
  if (!plan) return null;
  const keys = GOALS.filter((key) => plan.goals.some((/** @type {any} */ g) => g.targets[key] != null));
  const rows = plan.goals.map((/** @type {any} */ g) => [g.label || t("team.unassigned"), count(g.people), ...keys.map((k) => shown(k, g.targets[k]))]);
  if (rows.length && !report.team) rows.push([t("report.total"), count(plan.expected), ...keys.map((k) => shown(k, plan.total[k]))]);
  const off = plan.off.map((/** @type {any} */ o) => {
    const why = t(`${ABSENCES.includes(o.why) ? "absence" : "dayoff"}.${o.why}`);
    return [o.extension, o.name, report.team_names[o.team] ?? o.team, o.why_name ? `${why} · ${o.why_name}` : why, t(o.part ? "report.off_half" : "report.off_whole")];
  });
  return html`<${Table} title=${t("report.goals_of", { day: plan.day })} heads=${[t("report.team"), t("report.expected"), ...keys.map((k) => t(`metric.${k}`))]} rows=${rows} totals=${rows.length && !report.team ? 1 : 0} empty=${NONE} />
    <${Table} title=${t("report.off", { day: plan.day })} heads=${[t("report.extension"), t("report.name"), t("report.team"), t("report.off_why"), t("report.off_part")]} rows=${off} text=${5} empty=${t("report.nobody_off")} />`;
}

/** @param {{report: any}} props */
export function Best({ report }) {
  if (!report.best.length) return null;
  const keys = [...new Set(report.best.map((/** @type {any} */ b) => b.metric))];
  const lines = new Map(report.agents.map((/** @type {any} */ a) => [a.key, a.agents]));
  const value = (/** @type {any} */ b) => (b.metric === "connect_rate" ? percent(b.value) : b.metric === "talk_seconds" ? duration(b.value) : count(b.value));
  return html`<section class="panel best"><h2>${t("report.best")}</h2><div class="podium">${keys.map((key) => html`<div key=${key}><h3>${t(`metric.${key}`)}</h3><ol>${report.best.filter((/** @type {any} */ b) => b.metric === key).map((/** @type {any} */ b) => html`<li value=${b.rank}><a href=${callsLink(report, { dial: "true", agent: lines.get(b.key) ?? [] })}>${b.label}</a> <span class="muted small">${report.team_names[b.team] ?? ""}</span> <b class="num">${value(b)}</b></li>`)}</ol></div>`)}</div></section>`;
}

/** Met or not, by team. @param {{report: any, explain: (key: string) => void}} props */
export function Attained({ report, explain }) {
  const keys = GOALS.filter((key) => sums(report).some((l) => l.attainment[key] != null));
  if (!keys.length) return null;
  const cell = (/** @type {any} */ share) => (share == null ? NONE : html`<span class=${share >= 1 ? "v-on_time" : "v-late"}>${share >= 1 ? "✓" : "△"} ${percent(share, 0)} ${t(share >= 1 ? "report.met" : report.running ? "report.not_yet" : "report.unmet")}</span>`);
  return html`<${Table} title=${html`${t("report.targets_met")} <${Why} of="attainment" explain=${explain} />`} heads=${[t("report.team"), ...keys.map((k) => t(`metric.${k}`))]} rows=${sums(report).map((l) => [named(l), ...keys.map((k) => cell(l.attainment[k]))])} totals=${report.team ? 0 : 1} />`;
}

/** @param {{report: any, explain: (key: string) => void}} props */
export function Traffic({ report, explain }) {
  const rows = sums(report).filter((l) => l.callbacks);
  if (!rows.some((l) => l.figures.inbound || l.callbacks.missed)) return null;
  const link = (/** @type {any} */ l, /** @type {number} */ n, /** @type {any} */ filter) => html`<a href=${callsLink(report, { ...of(l), ...filter })}>${count(n)}</a>`;
  const why = (/** @type {string} */ key) => html`${t(`metric.${key}`)}<${Why} of=${key} explain=${explain} />`;
  return html`<${Table} title=${t("report.traffic")} heads=${[t("report.team"), t("metric.dials"), t("metric.connects"), why("inbound"), why("missed_inbound"), why("called_back"), t("metric.not_called_back"), why("callback_seconds")]}
    rows=${rows.map((l) => [named(l), link(l, l.figures.dials, { dial: "true" }), link(l, l.figures.connects, { connect: "true" }), link(l, l.figures.inbound, { direction: "inbound" }), count(l.callbacks.missed), count(l.callbacks.called_back), count(l.callbacks.open), duration(l.callbacks.median_seconds)])} totals=${report.team ? 0 : 1} />`;
}

const OUTCOMES = /** @type {Record<string, string[]>} */ ({ connected: ["answered"], customer: ["no_answer", "busy", "rejected"], number: ["invalid_number", "unreachable"], network: ["congestion"], agent: ["cancelled"], unknown: ["unknown"] });

/** Finished dials by who decided. @param {{report: any, explain: (key: string) => void}} props */
export function Decided({ report, explain }) {
  const lines = sums(report).filter((l) => l.decided && l.figures.finished);
  if (!lines.length) return null;
  const who = Object.keys(OUTCOMES);
  const used = who.filter((w) => w !== "unknown" || lines.some((l) => l.decided[w]));
  return html`<section class="panel pack decided"><h2>${t("report.decided")} <${Why} of="decided" explain=${explain} /></h2>
    <ul class="keys small">${used.map((w) => html`<li><i class=${`key by-${w}`}></i>${t(`report.decided.${w}`)}</li>`)}</ul>
    <div class="scroller"><table><thead><tr><th>${t("report.team")}</th><th class="num">${t("metric.finished")}</th><th class="wide"></th>${used.map((w) => html`<th class="num">${t(`report.decided.${w}`)}</th>`)}<th class="num">${t("report.cancelled_ring")}</th></tr></thead>
    <tbody>${lines.map((l) => html`<tr key=${l.key}><td>${named(l)}</td><td class="num">${count(l.figures.finished)}</td><td class="wide"><span class="stack" aria-hidden="true">${used.map((w) => html`<i class=${`by-${w}`} style=${{ width: `${(l.decided[w] / l.figures.finished) * 100}%` }}></i>`)}</span></td>
      ${used.map((w) => {
        const text = html`${count(l.decided[w])} <small class="muted">${percent(l.decided[w] / l.figures.finished)}</small>`;
        return html`<td class="num">${OUTCOMES[w].length === 1 && l.decided[w] ? html`<a href=${callsLink(report, { ...of(l), direction: "outbound", outcome: OUTCOMES[w][0] })}>${text}</a>` : text}</td>`;
      })}<td class="num">${duration(l.decided.cancelled_ring_seconds)}</td></tr>`)}</tbody></table></div></section>`;
}

/** What today comes to. @param {{report: any, explain: (key: string) => void}} props */
export function Forecast({ report, explain }) {
  if (!report.forecast.length) return null;
  const keys = [...new Set(report.forecast.map((/** @type {any} */ f) => f.key))];
  const metrics = [...new Set(report.forecast.map((/** @type {any} */ f) => f.metric))];
  const cell = (/** @type {any} */ f) => (f ? html`<span title=${t("report.forecast_from", { n: f.days })}>${count(f.value)} → <b>${number(f.expected)}</b> <small class="muted">${number(f.low)}–${number(f.high)}${f.target == null ? "" : ` / ${number(f.target)}`}</small></span>` : NONE);
  const find = (/** @type {any} */ k, /** @type {any} */ m) => report.forecast.find((/** @type {any} */ f) => f.key === k && f.metric === m);
  const label = (/** @type {any} */ k) => (k === "site" ? t("report.total") : (report.team_names[k] ?? k) || t("team.unassigned"));
  return html`<${Table} title=${html`${t("report.forecast")} <${Why} of="forecast" explain=${explain} /> <small class="muted">${t("report.forecast_from", { n: Math.max(...report.forecast.map((/** @type {any} */ f) => f.days)) })}${report.forecast.some((/** @type {any} */ f) => f.target != null) ? ` / ${t("report.target")}` : ""}</small>`} heads=${[t("report.team"), ...metrics.map((m) => t(`metric.${m}`))]} rows=${keys.map((k) => [label(k), ...metrics.map((m) => cell(find(k, m)))])} />`;
}

/** The month by person, weighted. @param {{report: any, explain: (key: string) => void}} props */
export function Appraisal({ report, explain }) {
  const w = report.weighing;
  if (!w) return null;
  const link = (/** @type {any} */ a) => {
    const month = report.first.slice(0, 7);
    return html`<a href=${`/ledger/?${new URLSearchParams({ month, person: a.key.split("/")[0] })}`}>${count(a.late)}</a>`;
  };
  const weighted = (/** @type {string} */ key) => html`${t(`report.appraisal.${key}`)} <small>(${w[key]})</small>`;
  return html`<ul class="remarks neutral">
      <li>${t("report.appraisal.note_results", { of: w.results_of.map((/** @type {string} */ k) => t(`metric.${k}`)).join(t("report.joint")), cap: w.cap_percent })}</li>
      <li>${t("report.appraisal.note_discipline", { late: w.late_points, missing: w.not_started_points })}</li>
      <li>${t("report.appraisal.note_quality", { weight: w.quality })}</li></ul>
    <${Table} title=${t("report.kind.appraisal")} text=${3}
      heads=${[t("report.extension"), t("report.name"), t("report.team"), ...w.results_of.map((/** @type {string} */ k) => t("report.attainment_of", { metric: t(`metric.${k}`) })), weighted("results"), t("report.appraisal.late"), t("report.not_started"), weighted("discipline"), weighted("quality"), html`${t("metric.appraisal")}<${Why} of="appraisal" explain=${explain} />`, t("report.appraisal.reachable")]}
      rows=${report.appraisal.map((/** @type {any} */ a) => [a.extension, a.label, report.team_names[a.team] ?? t("team.unassigned"), ...w.results_of.map((/** @type {string} */ k) => percent(a.attainment[k], 0)), points(a.results), a.late ? link(a) : count(a.late), count(a.not_started), points(a.discipline), NONE, html`<b>${points(a.points)}</b>`, count(a.reachable)])} />`;
}
