// The site's (or team's) figures on top, with target and comparison, and the explanation of a number.
import { clock, count, dateTime, duration, NONE, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { language, t } from "../common/words.js";
import { BEHIND, callsLink } from "./links.js";

/** @param {any} report */
function cards(report) {
  const { site } = report;
  const f = site.figures;
  return [
    { key: "dials", text: count(f.dials), value: f.dials, target: "dials" },
    { key: "connects", text: count(f.connects), value: f.connects, target: "connects" },
    { key: "connect_rate", text: percent(f.connect_rate), value: f.connect_rate, target: "connect_rate", note: site.low == null ? "" : t("report.interval", { low: percent(site.low), high: percent(site.high) }) },
    { key: "effective_connects", text: count(f.effective_connects), value: f.effective_connects, target: "effective_connects" },
    { key: "talk_seconds", text: duration(f.talk_seconds), value: f.talk_seconds, target: "talk_minutes" },
    { key: "average_talk_seconds", text: duration(f.average_talk_seconds), value: f.average_talk_seconds },
    { key: "utilisation", text: percent(site.utilisation), value: null },
    ...(site.missed == null ? [] : [{ key: "missed_inbound", text: count(site.missed), value: null }]),
  ];
}

/** How a value stands to an earlier one: points for a rate, else percent. @param {string} key @param {number | null} value @param {any} before */
function change(key, value, before) {
  const was = before[key];
  if (value == null || was == null || (key !== "connect_rate" && !was)) return null;
  const difference = key === "connect_rate" ? (value - was) * 100 : (value / was - 1) * 100;
  const size = `${Math.abs(difference).toFixed(1)}${key === "connect_rate" ? ` ${t("report.points")}` : "%"}`;
  return `${difference > 0.05 ? "▲" : difference < -0.05 ? "▼" : "="} ${size}`;
}

/** @param {{report: any, explain: (key: string) => void}} props */
export function Cards({ report, explain }) {
  return html`<section class="cards" aria-label=${t("report.figures")}>${cards(report).map((card) => {
    const attained = card.target ? report.site.attainment[card.target] : null;
    const behind = BEHIND[card.key];
    return html`<div class="panel card-figure" key=${card.key}>
      <span class="label">${t(`metric.${card.key}`)} <${Why} of=${card.key} explain=${explain} /></span>
      <strong>${behind && card.text !== NONE ? html`<a href=${callsLink(report, behind(report))}>${card.text}</a>` : card.text}</strong>
      ${attained == null ? null : html`<span class="muted small">${t("metric.attainment")} ${percent(attained, 0)}</span><span class="progress" aria-hidden="true"><i style=${{ width: `${Math.min(100, attained * 100)}%` }}></i></span>`}
      ${card.note ? html`<span class="muted small">${card.note}</span>` : null}
      ${report.before.map((/** @type {any} */ b) => {
        const words = change(card.key, card.value, b);
        return words ? html`<span class="muted small" key=${b.kind}>${t(`report.before.${b.kind}.${report.base}`, { n: b.periods })} <span class="nowrap">${words}</span></span>` : null;
      })}
    </div>`;
  })}</section>`;
}

/** @param {{of: string, explain: (key: string) => void}} props */
export function Why({ of, explain }) {
  const words = t("report.explain", { name: t(`metric.${of}`) });
  return html`<button type="button" class="why" title=${words} aria-label=${words} onClick=${(/** @type {Event} */ e) => { e.stopPropagation(); explain(of); }}>?</button>`;
}

/** What a number means here: its definition, the filter, the calls, the gaps. @param {{of: string, report: any, definitions: any[], close: () => void}} props */
export function Explanation({ of, report, definitions, close }) {
  const found = definitions.find((d) => d.key === of);
  const whole = `${report.first}${report.last === report.first ? "" : ` – ${report.last}`} · ${report.team_name || report.site_name}`;
  const behind = BEHIND[of];
  const gapTime = report.first === report.last ? clock : dateTime;
  return html`<aside class="panel explanation" role="dialog" aria-label=${t(`metric.${of}`)}>
    <button type="button" class="close" onClick=${close} aria-label=${t("report.close")}>✕</button>
    <h2>${t(`metric.${of}`)}</h2>
    <p>${found ? (language() === "en" ? found.formula : found.formula_zh) : ""}${found?.source ? html` <span class="muted">(${found.source})</span>` : null}</p>
    <p class="muted">${whole}${of === "effective_connects" ? ` · effective_seconds = ${report.effective_seconds}` : ""}</p>
    ${report.gaps.length
      ? html`<p>${t("report.remark.gaps", { n: report.gaps.length })}</p><ul>${report.gaps.slice(0, 5).map((/** @type {any} */ g) => html`<li>${g.pbx} ${gapTime(g.from)}–${gapTime(g.to ?? report.made_at)} ${t(`gap.${g.reason}`)}</li>`)}</ul>`
      : html`<p class="muted">${t("report.no_remarks")}</p>`}
    ${behind ? html`<p><a class="button" href=${callsLink(report, behind(report))}>${t("report.open_calls")}</a></p>` : null}
  </aside>`;
}
