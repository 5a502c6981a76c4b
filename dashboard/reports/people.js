// The table of agents, teams and totals: sortable, every figure opens its calls, every head explains itself.
import { clock, clockSeconds, count, dateTime, duration, NONE, percent } from "../common/format.js";
import { dayLink } from "../common/discipline.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { Why } from "./figures.js";
import { hourName } from "./charts.js";
import { BEHIND, callsLink, whose } from "./links.js";

const GLYPH = /** @type {Record<string, string>} */ ({ on_time: "✓", late: "△", not_started: "✕", pending: "…", indeterminate: "?" });

/** @typedef {{key: string, head: string, why?: string, value: (line: any) => any, cell?: (line: any) => any, text?: boolean, behind?: string}} Column */

/** @param {any} check */
const verdictWords = (check) => (check.verdict === "late" ? t("verdict.late", { n: check.late_minutes }) : t(`verdict.${check.verdict}`));

/** @param {any} check */
function Verdict(check) {
  const words = html`<i aria-hidden="true">${GLYPH[check.verdict] ?? ""}</i> ${verdictWords(check)}${check.on_inbound && check.verdict !== "on_time" ? html` <small>${t("report.on_inbound")}</small>` : null}`;
  return html`<span class=${`verdict v-${check.verdict}`}>${words}</span>`;
}

/** @param {any} report @param {{id: string, name: string}} shift @returns {Column[]} */
function halfDay(report, shift) {
  const check = (/** @type {any} */ line) => line.first_dials.find((/** @type {any} */ c) => c.shift === shift.id);
  return [
    {
      key: `first-${shift.id}`,
      head: t("report.shift_first", { shift: shift.name }),
      why: "first_dial",
      value: (line) => check(line)?.at ?? (line.agents.length ? Infinity : null),
      cell: (line) => {
        const found = check(line);
        if (!found) return line.agents.length ? NONE : "";
        return html`${found.call_id ? html`<a href=${`/calls/${found.call_id}`}>${clockSeconds(found.at)}</a>` : NONE} ${Verdict(found)}`;
      },
      text: true,
    },
  ];
}

const counted = (/** @type {any} */ line, /** @type {string} */ verdict) => line.verdicts[verdict] ?? 0;

/** @param {string} key @param {(line: any) => any} value @param {(v: any) => any} [shown] @param {string} [behind] @returns {Column} */
const metric = (key, value, shown = count, behind = key) => ({ key, head: t(`metric.${key}`), why: key, value, cell: (line) => shown(value(line)), behind });

/** A lead and a newcomer have a mark. @param {any} line */
function Name(line) {
  const name = line.key === "site" ? t("report.total") : line.label || t("team.unassigned");
  return html`${name}${line.lead ? html` <span title=${t("agent.lead")}>★</span>` : null}${line.newcomer ? html` <span title=${t("agent.newcomer")}>✦</span>` : null}`;
}

/** @param {any} report @returns {Column[]} */
export function columns(report) {
  const names = report.team_names;
  return [
    { key: "extension", head: t("report.extension"), value: (line) => line.extension, text: true },
    { key: "name", head: t("report.name"), value: (line) => (line.key === "site" ? t("report.total") : line.label || t("team.unassigned")), cell: Name, text: true },
    { key: "team", head: t("report.team"), value: (line) => (line.agents.length ? names[line.team] || t("team.unassigned") : ""), text: true },
    ...(report.base === "daily"
      ? report.shifts.flatMap((/** @type {any} */ s) => halfDay(report, s))
      : ["late", "not_started", "indeterminate"].map((v) => ({ key: v, head: t(`report.${v}`), value: (/** @type {any} */ line) => counted(line, v) }))),
    metric("dials", (l) => l.figures.dials),
    { key: "attainment.dials", head: t("report.attainment_of", { metric: t("metric.dials") }), why: "attainment", value: (l) => l.attainment.dials, cell: (l) => Attained(l.attainment.dials) },
    metric("connects", (l) => l.figures.connects),
    {
      ...metric("connect_rate", (l) => l.figures.connect_rate, percent),
      cell: (l) => html`<span class=${l.figures.finished < 30 ? "faint" : ""} title=${l.low == null ? "" : t("ranking.interval", { low: percent(l.low), high: percent(l.high), n: l.figures.finished })}>${percent(l.figures.connect_rate)}</span>`,
    },
    metric("effective_connects", (l) => l.figures.effective_connects),
    metric("talk_seconds", (l) => l.figures.talk_seconds, duration),
    metric("average_talk_seconds", (l) => l.figures.average_talk_seconds, duration),
    metric("longest_idle_seconds", (l) => l.longest_idle_seconds, duration, ""),
    metric("idle_seconds", (l) => l.idle_seconds, duration, ""),
    metric("lost_seconds", (l) => l.lost_seconds, duration, ""),
    metric("dials_per_hour", (l) => l.dials_per_hour, (v) => (v == null ? NONE : v.toFixed(1))),
    metric("utilisation", (l) => l.utilisation, percent, ""),
    metric("inbound", (l) => l.figures.inbound),
    metric("missed_inbound", (l) => l.callbacks?.missed ?? l.missed, (v) => (v == null ? NONE : count(v)), ""),
    metric("called_back", (l) => l.callbacks?.called_back, (v) => (v == null ? NONE : count(v)), ""),
  ];
}

/** @param {number | null | undefined} share */
const Attained = (share) =>
  share == null ? NONE : html`<span class=${`attained ${share >= 1 ? "v-on_time" : ""}`}><span class="progress" aria-hidden="true"><i style=${{ width: `${Math.min(100, share * 100)}%` }}></i></span>${percent(share, 0)}</span>`;

/** @param {any} a @param {any} b */
const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "zh-CN") : (a ?? -Infinity) - (b ?? -Infinity));

/** @param {{report: any, sort: string, setSort: (sort: string) => void, setTeam: (team: string) => void, explain: (key: string) => void}} props */
export function People({ report, sort, setSort, setTeam, explain }) {
  const shown = columns(report);
  const down = sort.startsWith("-");
  const by = shown.find((c) => c.key === sort.replace("-", ""));
  const lines = by ? [...report.agents].sort((a, b) => compare(by.value(a), by.value(b)) * (down ? -1 : 1)) : report.agents;
  const sums = report.team ? [report.site] : [...report.teams, report.site];
  /** @param {any} line @param {Column} column */
  const cell = (line, column) => {
    const content = column.cell ? column.cell(line) : column.value(line);
    if (column.key === "name" && !line.agents.length && line.key !== "site" && line.label) return html`<button type="button" class="plain" onClick=${() => setTeam(line.key)}>${content}</button>`;
    const behind = column.behind ? BEHIND[column.behind] : null;
    const filter = column.key === "name" && line.agents.length ? {} : behind ? behind(report) : null;
    const none = column.value(line) == null || content === NONE;
    return filter && !none ? html`<a href=${callsLink(report, { ...whose(line), ...filter })}>${content}</a>` : content;
  };
  const row = (/** @type {any} */ line) => html`<tr key=${line.key}>${shown.map((c) => html`<td class=${c.text ? "" : "num"}>${cell(line, c)}</td>`)}</tr>`;
  return html`<section class="panel people"><h2>${t("report.people")}</h2><div class="scroller"><table>
    <thead><tr>${shown.map((c) => {
      const mine = by === c;
      return html`<th class=${c.text ? "" : "num"} aria-sort=${mine ? (down ? "descending" : "ascending") : null}><button type="button" class="plain" onClick=${() => setSort(mine && down ? c.key : mine ? "" : c.text ? c.key : `-${c.key}`)}>${c.head}${mine ? (down ? " ▼" : " ▲") : ""}</button>${c.why ? html`<${Why} of=${c.why} explain=${explain} />` : null}</th>`;
    })}</tr></thead>
    <tbody>${lines.map(row)}</tbody><tfoot>${sums.map(row)}</tfoot></table></div></section>`;
}

/** A range grouped by hour, weekday, trunk and so on. @param {{report: any}} props */
export function Groups({ report }) {
  if (!report.groups.length) return null;
  const outcome = report.group === "outcome";
  /** @type {[string, (l: any) => any][]} */
  const shown = outcome
    ? [["report.calls", (l) => count(Object.values(l.figures.outcomes).reduce((/** @type {number} */ a, b) => a + Number(b), 0))]]
    : [
        ["metric.dials", (l) => count(l.figures.dials)],
        ["metric.connects", (l) => count(l.figures.connects)],
        ["metric.connect_rate", (l) => percent(l.figures.connect_rate)],
        ["metric.effective_connects", (l) => count(l.figures.effective_connects)],
        ["metric.talk_seconds", (l) => duration(l.figures.talk_seconds)],
        ["metric.average_talk_seconds", (l) => duration(l.figures.average_talk_seconds)],
      ];
  const label = (/** @type {any} */ l) => (report.group === "weekday" ? t(`weekday.${l.key}`) : report.group === "hour" ? hourName(Number(l.key)) : outcome ? t(`outcome.${l.key}`) : l.label || (report.group === "trunk" ? NONE : t("report.group.unknown")));
  /** @param {any} l @returns {import("./links.js").Filter | null} */
  const filter = (l) => (report.group === "trunk" && l.label ? { trunk: l.label, dial: "true" } : outcome ? { outcome: l.key, direction: "outbound" } : null);
  return html`<section class="panel people"><h2>${t(`report.group.${report.group}`)}</h2><div class="scroller"><table>
    <thead><tr><th>${t(`report.group.${report.group}`)}</th>${shown.map(([key]) => html`<th class="num">${t(key)}</th>`)}</tr></thead>
    <tbody>${report.groups.map((/** @type {any} */ l) => {
      const found = filter(l);
      return html`<tr key=${l.key}><td>${found ? html`<a href=${callsLink(report, found)}>${label(l)}</a>` : label(l)}</td>${shown.map(([, value]) => html`<td class="num">${value(l)}</td>`)}</tr>`;
    })}</tbody></table></div></section>`;
}

/** @param {{report: any}} props */
export function Remarks({ report }) {
  if (!report.remarks.length) return null;
  const time = report.first === report.last ? clockSeconds : dateTime;
  return html`<ul class="remarks" role="note">${report.remarks.map((/** @type {string} */ key) => html`<li key=${key}>${t(`report.remark.${key}`, { n: report.gaps.length, calls: count(report.site.figures.incomplete), day: report.heard_from, time: report.compared_until, minutes: Math.round((report.site.lost_seconds ?? 0) / 60) })}</li>`)}
    ${report.gaps.slice(0, 12).map((/** @type {any} */ g) => html`<li class="muted">${t("gap.text", { pbx: g.pbx, from: time(g.from), to: time(g.to ?? report.made_at), reason: t(`gap.${g.reason}`), cut: g.calls_cut })}</li>`)}
    ${report.outages.slice(0, 12).map((/** @type {any} */ o) => html`<li class="muted">${t("outage.over", { pbx: o.pbx, trunks: o.subject, from: time(o.from), to: time(o.to ?? report.made_at) })}</li>`)}</ul>`;
}

const GAPS_SHOWN = 30;

/** The day's long idle gaps, the longest first; each leads to the person's day. @param {{report: any}} props */
export function IdleGaps({ report }) {
  const gaps = report.agents.flatMap((/** @type {any} */ l) => l.idle_gaps.map((/** @type {any} */ gap) => ({ l, gap })));
  if (!gaps.length) return null;
  gaps.sort((/** @type {any} */ a, /** @type {any} */ b) => b.gap.seconds - a.gap.seconds);
  const who = (/** @type {any} */ l) => (/^\d+\/./.test(l.key) ? html`<a href=${dayLink(Number(l.key.split("/")[0]), report.first)}>${l.label}</a>` : l.label);
  return html`<section class="panel people"><h2>${t("report.idle_gaps")} <small class="muted">${t("report.idle_note")}</small></h2><div class="scroller"><table>
    <thead><tr><th>${t("report.extension")}</th><th>${t("report.name")}</th><th class="num">${t("report.gap_from")}</th><th class="num">${t("report.gap_to")}</th><th class="num">${t("report.gap_seconds")}</th></tr></thead>
    <tbody>${gaps.slice(0, GAPS_SHOWN).map((/** @type {any} */ { l, gap }) => html`<tr key=${`${l.key} ${gap.from}`}><td>${l.extension}</td><td>${who(l)}</td><td class="num">${clock(gap.from)}</td><td class="num">${clock(gap.to)}</td><td class="num">${duration(gap.seconds)}</td></tr>`)}</tbody></table></div></section>`;
}
