// From a figure of a report to the very calls behind it.

/** @typedef {Record<string, string | number | string[]>} Filter */

/** The calls page with the report's days, its team, and a figure's own filter. @param {any} report @param {Filter} filter */
export function callsLink(report, filter) {
  const query = new URLSearchParams();
  /** @type {Filter} */
  const all = { from: report.start, to: report.end, ...(report.team && !filter.agent ? { team: report.team } : {}), ...filter };
  // As on the board: dials count where they were dialled, not where they were transferred to.
  if ((all.agent || all.team) && !all.part && (all.dial || all.connect || all.direction === "outbound")) all.part = "dialled";
  for (const [key, value] of Object.entries(all))
    for (const each of Array.isArray(value) ? value : [value]) query.append(key, String(each));
  return `/calls/?${query}`;
}

/** Whose calls a line's are. @param {any} line @returns {Filter} */
export const whose = (line) => (line.agents.length ? { agent: line.agents } : line.team ? { team: line.team } : {});

/** The filter behind each figure. @type {Record<string, ((report: any) => Filter) | undefined>} */
export const BEHIND = {
  dials: () => ({ dial: "true" }),
  connects: () => ({ connect: "true" }),
  connect_rate: () => ({ dial: "true", live: "false" }),
  effective_connects: (report) => ({ connect: "true", talk_min: report.effective_seconds }),
  talk_seconds: () => ({ direction: "outbound", part: "talked" }),
  average_talk_seconds: () => ({ connect: "true" }),
  inbound: () => ({ direction: "inbound" }),
  missed_inbound: () => ({ direction: "inbound", live: "false", talk_max: 0 }),
  attainment: () => ({ dial: "true" }),
  dials_per_hour: () => ({ dial: "true" }),
};
