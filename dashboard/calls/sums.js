// What the calls of the filter come to, by the board's own definitions; the words say what each number is.
import { count, duration, percent } from "../common/format.js";
import { Why } from "../common/explain.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";

/** @param {{sums: any, failed: boolean, calls: string}} props `calls`: the address of the filter; `sums`: `null` while they are not known */
export function Sums({ sums, failed, calls }) {
  if (failed) return html`<p class="muted" role="alert">${t("sums.unknown")}</p>`;
  const rows = /** @type {[string, string, string][]} */ ([
    ["sums.calls", count(sums?.calls), sums?.live ? t("sums.live", { n: count(sums.live) }) : ""],
    ...(sums?.seizures ? [["sums.seizures", count(sums.seizures), ""]] : []),
    ["metric.dials", count(sums?.dials), ""],
    ["metric.connects", count(sums?.connects), ""],
    ["metric.connect_rate", percent(sums?.connect_rate), sums?.finished ? t("sums.finished", { n: count(sums.finished) }) : ""],
    ["metric.effective_connects", count(sums?.effective_connects), ""],
    ["metric.talk_seconds", duration(sums?.talk_seconds), ""],
    ["metric.average_talk_seconds", duration(sums?.average_talk_seconds), ""],
    ...(sums?.incomplete ? [["sums.incomplete", count(sums.incomplete), ""]] : []),
  ]);
  return html`<dl class="sums panel" aria-label=${t("sums.label")} aria-busy=${!sums}>${rows.map(([key, value, note]) => html`<div key=${key}><dt>${t(key)}${key.startsWith("metric.") ? html` <${Why} of=${key.slice(7)} calls=${calls} />` : null}</dt><dd>${value}${note ? html` <small>${note}</small>` : null}</dd></div>`)}</dl>`;
}
