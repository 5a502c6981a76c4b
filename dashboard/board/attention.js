// Who needs a person now: late, unreachable, idle for long; and who has not begun while a deadline runs.
import { nearestDeadline } from "./parts.js";

/** Who has not begun, while the deadline is still ahead. @param {any} board @param {number} now @returns {string[]} */
export function notBegun(board, now) {
  const d = nearestDeadline(board.deadlines, now);
  return d && now >= d.counts_from && now < d.dial_by_at ? d.not_begun : [];
}

/** Agents with their reason, the most urgent first. @param {any} board @param {number} now @returns {{agent: string, reason: "late" | "unreachable" | "idle"}[]} */
export function needPerson(board, now) {
  const shift = board.deadlines.find((/** @type {any} */ d) => now >= d.late_at && now < d.ends_at);
  if (!shift) return [];
  const late = new Set(shift.not_begun.filter((/** @type {string} */ id) => !shift.indeterminate.includes(id)));
  const of = (/** @type {"late" | "unreachable" | "idle"} */ reason, /** @type {any[]} */ agents) => agents.map((a) => ({ agent: a.id, reason }));
  const others = board.agents.filter((/** @type {any} */ a) => !late.has(a.id));
  const idle = others.filter((/** @type {any} */ a) => a.state === "idle" && a.idle_since != null && now - a.idle_since > board.site.idle_seconds);
  return [
    ...of("late", board.agents.filter((/** @type {any} */ a) => late.has(a.id))),
    ...of("unreachable", others.filter((/** @type {any} */ a) => a.state === "unreachable")),
    ...of("idle", idle.sort((/** @type {any} */ a, /** @type {any} */ b) => a.idle_since - b.idle_since)),
  ];
}
