// Pieces that the desk and the wall share.
import { clock, clockSeconds, count, duration, inWords, midnight, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";

/** A glyph beside every colour. @type {Record<string, string>} */
export const GLYPH = { idle: "○", dialing: "↗", ringing: "◔", talking: "●", on_hold: "Ⅱ", wrap_up: "✎", not_seen: "–", unreachable: "✕" };

/** The address of the calls behind a figure. @param {any} board @param {Record<string, any>} filter */
export function callsLink(board, filter) {
  const from = midnight(board.hours[0]?.start ?? Date.now() / 1000);
  const query = new URLSearchParams({ from: String(from), to: String(from + 86400), ...filter });
  return `/calls/?${query}`;
}

/** @param {any} agent */
export const nameOf = (agent) => agent.name || agent.extension;

/** @param {any} team */
export const teamName = (team) => team.name || t("team.unassigned");

/** The deadline that matters now: the one that runs, else the next, else the last. @param {any[]} deadlines @param {number} now */
export function nearestDeadline(deadlines, now) {
  return (
    deadlines.find((d) => now >= d.starts_at - 900 && now < d.dial_by_at + 1800) ??
    deadlines.find((d) => now < d.dial_by_at) ??
    deadlines[deadlines.length - 1]
  );
}

/** What came of the half-days before a deadline, in words. @param {any} board @param {any} deadline @param {number} now */
export const earlier = (board, deadline, now) =>
  board.deadlines
    .filter((/** @type {any} */ d) => d !== deadline && d.dial_by_at < Math.min(now, deadline.dial_by_at))
    .map((/** @type {any} */ d) => `${d.name} ${t("deadline.begun", { begun: d.begun, expected: d.expected })}${d.late.length ? ` · ${t("deadline.late", { n: d.late.length })}` : ""}`);

/** Begun late is a fact, not begun is for a person to act on. @param {any} first */
export const verdictClass = (first) => (first.verdict === "late" && first.at != null ? "v-was_late" : `v-${first.verdict}`);

/** What is wrong, the most urgent first. @param {any} live @param {number} now */
export function troubles(live, now) {
  const { board } = live;
  const found = [];
  if (live.state !== "live")
    found.push({ act: true, stale: true, text: t("stale.text", { time: clockSeconds(live.at), ago: inWords((performance.now() - live.heard) / 1000) }) });
  for (const link of board.links)
    if (link.state !== "up") found.push({ act: link.state !== "connecting", text: t(`link.${link.state}`, { pbx: link.pbx, time: clock(link.since), reason: link.reason }) });
  for (const gap of board.gaps)
    if (gap.to != null) found.push({ act: false, text: t("gap.text", { pbx: gap.pbx, from: clock(gap.from), to: clock(gap.to), cut: gap.calls_cut, reason: t(`gap.${gap.reason}`) }) });
  const writer = board.site.writer;
  if (writer.state && writer.state !== "ok") found.push({ act: writer.state === "losing", text: t(`writer.${writer.state}`, { n: writer.pending }) });
  return found;
}

/** Site figures against their targets. @param {any} board */
export function siteFigures(board) {
  const { figures, targets, pace } = board.site;
  return [
    { key: "dials", value: count(figures.dials), target: targets.dials, share: ratio(figures.dials, targets.dials), goal: count(targets.dials), filter: { direction: "outbound" }, note: pace == null ? null : t("figure.pace", { pace: percent(pace, 0) }), behind: pace != null && pace < 0.9 },
    { key: "connects", value: count(figures.connects), target: targets.connects, share: ratio(figures.connects, targets.connects), goal: count(targets.connects), filter: { direction: "outbound", outcome: "answered" } },
    { key: "connect_rate", value: percent(figures.connect_rate), target: targets.connect_rate, share: ratio(figures.connect_rate, targets.connect_rate), goal: percent(targets.connect_rate, 0), filter: { direction: "outbound", live: "false" }, behind: figures.connect_rate != null && targets.connect_rate != null && figures.finished >= 50 && figures.connect_rate < targets.connect_rate },
    { key: "effective_connects", value: count(figures.effective_connects), target: targets.effective_connects, share: ratio(figures.effective_connects, targets.effective_connects), goal: count(targets.effective_connects), filter: { direction: "outbound", outcome: "answered", talk_min: board.site.effective_seconds } },
    { key: "talk_seconds", value: duration(figures.talk_seconds), target: targets.talk_minutes, share: ratio(figures.talk_seconds / 60, targets.talk_minutes), goal: duration((targets.talk_minutes ?? 0) * 60), filter: { direction: "outbound", outcome: "answered" }, note: figures.average_talk_seconds == null ? null : t("figure.average", { time: duration(figures.average_talk_seconds) }) },
  ];
}

/** @param {number | null} value @param {number | null} target */
const ratio = (value, target) => (target && value != null ? value / target : null);

/** A bar of progress towards a target. @param {{share: number | null}} props */
export function Progress({ share }) {
  if (share == null) return null;
  return html`<span class="progress" aria-hidden="true"><i style=${{ width: `${Math.min(100, share * 100)}%` }}></i></span>`;
}

/** The dials an hour of the shifts should bring. @param {any} board */
export function hourlyTarget(board) {
  const hours = board.deadlines.reduce((/** @type {number} */ sum, /** @type {any} */ d) => sum + (d.ends_at - d.starts_at) / 3600, 0);
  return board.site.targets.dials && hours ? board.site.targets.dials / hours : null;
}

/** Dials and connects by stretch of time, as plain bars; the target as a line, what was not heard hatched. @param {{buckets: any[], label: (b: any) => string, gaps?: any[], width: number, title: string, target?: number | null}} props */
export function Bars({ buckets, label, gaps = [], width, title, target = null }) {
  const w = 100 / Math.max(1, buckets.length);
  const top = Math.max(4, (target ?? 0) * 1.1, ...buckets.map((b) => b.dials));
  const sum = buckets.reduce((a, b) => a + b.dials, 0);
  const blind = (/** @type {any} */ b) => gaps.some((g) => g.from < b.start + width && (g.to ?? Infinity) > b.start);
  return html`<figure class="chart">
    <figcaption>${title}<span class="muted"> <i class="key d"></i>${t("metric.dials")} <i class="key c"></i>${t("metric.connects")}${target == null ? "" : html` <i class="key line"></i>${t("chart.target", { goal: count(Math.round(target)) })}`}</span></figcaption>
    <div class="plot" role="group" aria-label=${`${title}: ${count(sum)} ${t("metric.dials")}`}>
      ${target == null ? null : html`<div class="area"><hr style=${{ bottom: `${(target / top) * 100}%` }} /></div>`}
      ${buckets.map((b, i) => html`<a class=${`column ${blind(b) ? "hatched" : ""}`} href=${`/calls/?${new URLSearchParams({ from: String(b.start), to: String(b.start + width), direction: "outbound" })}`} style=${{ left: `${i * w}%`, width: `${w}%` }} title=${`${label(b)} · ${t("metric.dials")} ${b.dials} · ${t("metric.connects")} ${b.connects}${blind(b) ? ` · ${t("chart.blind")}` : ""}`}>
        <b>${b.dials || ""}</b>
        <i class="d" style=${{ height: `${(b.dials / top) * 100}%` }}></i>
        <i class="c" style=${{ height: `${(b.connects / top) * 100}%` }}></i>
        <span>${label(b)}</span>
      </a>`)}
    </div>
  </figure>`;
}

/** The words of a verdict. @param {any} first */
export function verdictText(first) {
  if (first.verdict === "late") return t("verdict.late", { n: first.late_minutes });
  return t(`verdict.${first.verdict}`);
}
