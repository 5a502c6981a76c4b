// Pieces that the desk and the wall share.
import { clock, clockSeconds, count, duration, inWords, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { language, t } from "../common/words.js";

/** A glyph beside every colour. @type {Record<string, string>} */
export const GLYPH = { idle: "○", dialing: "↗", ringing: "◔", talking: "●", on_hold: "Ⅱ", wrap_up: "✎", not_seen: "–", unreachable: "✕" };

/** @param {any} agent */
export const nameOf = (agent) => agent.name || agent.extension;

/** @param {any} team */
export const teamName = (team) => team.name || t("team.unassigned");

/** The deadline that matters now: the one that runs, else the next, else the last. @param {any[]} deadlines @param {number} now */
export function nearestDeadline(deadlines, now) {
  return (
    deadlines.find((d) => now >= d.counts_from && now < d.dial_by_at + 1800) ??
    deadlines.find((d) => now < d.dial_by_at) ??
    deadlines[deadlines.length - 1]
  );
}

/** The half-days whose deadline was before this one's. @param {any} board @param {any} deadline @param {number} now @returns {any[]} */
export const earlier = (board, deadline, now) =>
  board.deadlines.filter((/** @type {any} */ d) => d !== deadline && d.dial_by_at < Math.min(now, deadline.dial_by_at));

/** Begun late is a fact, not begun is for a person to act on. @param {any} first */
export const verdictClass = (first) => (first.verdict === "late" && first.at != null ? "v-was_late" : `v-${first.verdict}`);

/** A link of a moment that has passed has the key of its gap for a reason. */
const REASONS = new Set(["link_lost", "pbx_restart", "not_running", "overflow", "refused"]);

/** What is wrong, the most urgent first. @param {any} live @param {number} now */
export function troubles(live, now) {
  const { board } = live;
  const found = [];
  if (live.state !== "live" && live.state !== "past")
    found.push({ act: true, stale: true, text: t("stale.text", { time: clockSeconds(live.at), ago: inWords((performance.now() - live.heard) / 1000) }) });
  for (const link of board.links)
    if (link.state !== "up") found.push({ act: link.state !== "connecting", text: t(`link.${link.state}`, { pbx: link.pbx, time: clock(link.since), reason: REASONS.has(link.reason) ? t(`gap.${link.reason}`) : link.reason }) });
  for (const gap of board.gaps)
    if (gap.to != null) found.push({ act: false, text: t("gap.text", { pbx: gap.pbx, from: clock(gap.from), to: clock(gap.to), cut: gap.calls_cut, reason: t(`gap.${gap.reason}`) }) });
  for (const each of board.outages)
    found.push({ act: each.to == null, text: t(each.to == null ? "outage.now" : "outage.over", { pbx: each.pbx, trunks: each.subject, from: clock(each.from), to: each.to == null ? "" : clock(each.to) }) });
  // A PBX that is down is told above, with what it is doing about it.
  for (const alert of board.alerts)
    if (alert.kind !== "link_down") found.push({ act: alert.kind !== "idle" && alert.kind !== "connect_rate", text: alert.text[language()], href: "/alerts/", desk: alert.kind === "not_begun" });
  const unknown = board.site.calendar_unknown_from;
  if (unknown) found.push({ act: false, text: t("calendar.unknown", { day: unknown }) });
  const writer = board.site.writer;
  if (writer.state && writer.state !== "ok") found.push({ act: writer.state === "losing", text: t(`writer.${writer.state}`, { n: writer.pending }) });
  return found;
}

/** Site figures against their targets. @param {any} board */
export function siteFigures(board) {
  const { figures, targets, pace } = board.site;
  const rateBehind = figures.connect_rate != null && targets.connect_rate != null && figures.finished >= 50 && figures.connect_rate < targets.connect_rate;
  const average = figures.average_talk_seconds == null ? null : t("figure.average", { time: duration(figures.average_talk_seconds) });
  /** @param {string} key @param {(value: any) => string} show @param {(value: any) => string} [round] how its target is written */
  const figure = (key, show, round = show) => {
    const goal = key === "talk_seconds" ? targets.talk_minutes && targets.talk_minutes * 60 : targets[key];
    return { key, value: show(figures[key]), share: ratio(figures[key], goal), goal: goal ? t("figure.target", { goal: round(goal) }) : "", note: "", behind: false };
  };
  return [
    { ...figure("dials", count), note: pace == null ? "" : t("figure.pace", { pace: percent(pace, 0) }), behind: pace != null && pace < 0.9 },
    figure("connects", count),
    { ...figure("connect_rate", percent, (goal) => percent(goal, 0)), behind: rateBehind },
    figure("effective_connects", count),
    { ...figure("talk_seconds", duration), note: average ?? "" },
  ];
}

/** @param {number | null} value @param {number | null} target */
const ratio = (value, target) => (target && value != null ? value / target : null);

/** A bar of progress towards a target. @param {{share: number | null}} props */
export function Progress({ share }) {
  if (share == null) return null;
  return html`<span class="progress" aria-hidden="true"><i style=${{ width: `${Math.min(100, share * 100)}%` }}></i></span>`;
}

/** The words of a verdict. @param {any} first */
export function verdictText(first) {
  if (first.verdict === "late") return t("verdict.late", { n: first.late_minutes });
  return t(`verdict.${first.verdict}`);
}

/** Rows by their id. @param {any[]} rows @returns {Map<string, any>} */
export const byId = (rows) => new Map(rows.map((row) => [row.id, row]));

/** The day of whom a verdict is about; of an extension that is nobody's, the call. @param {any} first */
export const verdictLink = (first) => (first.person == null ? `/calls/${first.call_id ?? ""}` : `/agent/?${new URLSearchParams({ person: String(first.person), day: first.day })}`);
