// From a figure of the board to exactly the calls that it counts.
import { dayStart, midnight } from "../common/format.js";

/** What each figure counts, as filters of the calls page. @type {Record<string, Record<string, string>>} */
const COUNTS = {
  dials: { dial: "true" },
  connects: { connect: "true" },
  connect_rate: { dial: "true", live: "false" },
  effective_connects: { connect: "true" },
  talk_seconds: { direction: "outbound", part: "talked" },
  calls: {},
};

/** The day of the links made last, and when it begins and ends. */
let day = { name: "", from: "", to: "" };

/** The address of calls begun today; on the board of a moment that has passed, of those begun by then. @param {any} board @param {Record<string, any>} filter */
export function callsLink(board, filter) {
  const name = `${board.site.date} ${board.site.timezone} ${board.as_of ?? ""}`;
  if (day.name !== name) {
    const from = dayStart(board.site.date);
    day = { name, from: String(from), to: String(board.as_of ?? midnight(from + 43200, 1)) };
  }
  return `/calls/?${new URLSearchParams({ from: day.from, to: day.to, ...filter })}`;
}

/**
 * The calls behind a figure of the site, a team or an agent. Dials count where they were dialled, talk where it was talked.
 * @param {any} board @param {string} figure @param {{agent?: string, team?: string}} [whose]
 */
export function figureLink(board, figure, whose = {}) {
  const part = whose.agent || whose.team ? { part: figure === "calls" ? "any" : "dialled" } : {};
  const talk = figure === "effective_connects" ? { talk_min: board.site.effective_seconds } : {};
  return callsLink(board, { ...whose, ...part, ...COUNTS[figure], ...talk });
}

/** Who is in conversation now. @param {any} board @param {{team?: string}} whose */
export const onLineLink = (board, whose) => callsLink(board, { ...whose, ...(board.as_of == null ? { live: "true" } : {}), part: "talked" });

/** Dials of an agent that count for a deadline: none, for who has not begun. @param {any} deadline @param {string} agent */
export const begunLink = (deadline, agent) =>
  `/calls/?${new URLSearchParams({ from: String(deadline.counts_from), to: String(deadline.ends_at), agent, part: "dialled", dial: "true" })}`;

/** Dials or connects of a stretch of time. @param {any} bucket @param {number} width @param {"dials" | "connects"} figure */
export const bucketLink = (bucket, width, figure) =>
  `/calls/?${new URLSearchParams({ from: String(bucket.start), to: String(bucket.start + width), ...COUNTS[figure] })}`;

/** Seizures of a trunk: all, those that are over, or those going on. @param {any} board @param {string} trunk @param {"all" | "over" | "now"} which */
export const trunkLink = (board, trunk, which) =>
  callsLink(board, which === "now" && board.as_of == null ? { seizing: trunk } : { seized: trunk, ...(which === "over" ? { live: "false" } : {}) });

/** Outbound calls of an outcome. @param {any} board @param {string} outcome */
export const outcomeLink = (board, outcome) => callsLink(board, { direction: "outbound", outcome });
