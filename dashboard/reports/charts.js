// Plain charts: bars by hour or day, the heat map, outcomes. Every bar and cell opens its calls.
import { count, dayStart, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { callsLink } from "./links.js";

const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
export const hourName = (/** @type {number} */ hour) => `${two(hour)}:00`;

/** @param {{title: string, bars: {label: string, title: string, dials: number, connects: number, href?: string, blind?: boolean}[], target?: number | null, targetWords?: string}} props */
export function Bars({ title, bars, target = null, targetWords = "" }) {
  const top = Math.max(1, (target ?? 0) * 1.1, ...bars.map((b) => b.dials));
  const height = (/** @type {number} */ n) => ({ height: `${(n / top) * 88}%` }); // room for the number on top
  const inner = (/** @type {any} */ b) => html`<b>${b.dials ? count(b.dials) : ""}</b><i class="d" style=${height(b.dials)}></i><i class="c" style=${height(b.connects)}></i><span>${b.label}</span>`;
  return html`<figure class="panel bars">
    <figcaption>${title} <span class="muted"><i class="key d"></i>${t("metric.dials")} <i class="key c"></i>${t("metric.connects")}${target == null ? "" : html` <i class="key line"></i>${targetWords}`}</span></figcaption>
    <div class="plot">${target == null ? null : html`<hr style=${{ bottom: `calc(18px + (100% - 18px) * ${(target / top) * 0.88})` }} />`}
      ${bars.map((b) => (b.href ? html`<a class=${b.blind ? "hatched" : ""} href=${b.href} title=${b.title} aria-label=${b.title}>${inner(b)}</a>` : html`<div class=${b.blind ? "hatched" : ""} title=${b.title}>${inner(b)}</div>`))}</div>
  </figure>`;
}

/** Whether a gap touches a stretch of time. @param {any} report @param {number} from @param {number} to */
export const blind = (report, from, to) => report.gaps.some((/** @type {any} */ g) => g.from < to && (g.to ?? report.made_at) > from);

/** @param {{report: any}} props */
export function Hours({ report }) {
  if (!report.hours.length) return null;
  const oneDay = report.first === report.last;
  const goal = report.site.targets.dials;
  const hours = report.site.scheduled_seconds && report.site.people ? report.site.scheduled_seconds / report.site.people / 3600 : 0;
  const target = oneDay && !report.running && goal && hours ? goal / hours : null;
  const bars = report.hours.map((/** @type {any} */ h) => {
    const from = report.start + h.hour * 3600;
    return {
      label: hourName(h.hour),
      title: `${hourName(h.hour)} · ${t("metric.dials")} ${count(h.dials)} · ${t("metric.connects")} ${count(h.connects)} · ${percent(h.connect_rate)}`,
      dials: h.dials,
      connects: h.connects,
      href: oneDay ? callsLink(report, { from, to: from + 3600, dial: "true" }) : undefined,
      blind: oneDay && blind(report, from, from + 3600),
    };
  });
  return html`<${Bars} title=${t("report.by_hour")} bars=${bars} target=${target} targetWords=${target == null ? "" : t("chart.target", { goal: count(Math.round(target)) })} />`;
}

/** @param {{report: any, open: (day: string) => string}} props */
export function Trend({ report, open }) {
  if (!report.trend.length) return null;
  const bars = report.trend.map((/** @type {any} */ d) => ({
    label: d.day.slice(report.trend.length > 16 ? 8 : 5),
    title: `${d.day} · ${t("metric.dials")} ${count(d.dials)} · ${t("metric.connects")} ${count(d.connects)} · ${percent(d.connect_rate)}`,
    dials: d.dials,
    connects: d.connects,
    href: open(d.day),
    blind: blind(report, d.start, d.end),
  }));
  return html`<${Bars} title=${t("report.trend")} bars=${bars} />`;
}

/** @param {{report: any}} props */
export function Heat({ report }) {
  const rows = report.heat.filter((/** @type {any} */ r) => r.dials.some(Boolean));
  if (!rows.length) return null;
  const top = Math.max(...rows.flatMap((/** @type {any} */ r) => r.dials));
  const byAgent = report.base === "daily";
  const agents = new Map(report.agents.map((/** @type {any} */ a) => [a.key, a.agents]));
  return html`<section class="panel heat"><h2>${t("report.heat")} <small class="muted">${t("metric.dials")}</small></h2><div class="scroller"><table>
    <thead><tr><th>${t(byAgent ? "report.name" : "report.group.day")}</th>${report.hour_span.map((/** @type {number} */ h) => html`<th class="num">${hourName(h)}</th>`)}</tr></thead>
    <tbody>${rows.map((/** @type {any} */ r) => html`<tr key=${r.key}><th>${r.label}</th>${r.dials.map((/** @type {number} */ n, /** @type {number} */ i) => {
      const from = (byAgent ? report.start : dayStart(r.key)) + report.hour_span[i] * 3600;
      const filter = { from, to: from + 3600, dial: "true", ...(byAgent ? { agent: agents.get(r.key) ?? [] } : {}) };
      const words = `${r.label} ${hourName(report.hour_span[i])} · ${t("metric.dials")} ${n} · ${t("metric.connects")} ${r.connects[i]}`;
      return html`<td class=${`num ${blind(report, from, from + 3600) ? "hatched" : ""}`} style=${n ? { backgroundColor: `color-mix(in srgb, var(--bar) ${Math.round((n / top) * 55)}%, transparent)` } : {}}>${n ? html`<a href=${callsLink(report, filter)} title=${words} aria-label=${words}>${n}</a>` : ""}</td>`;
    })}</tr>`)}</tbody></table></div></section>`;
}

/** @param {{report: any}} props */
export function Outcomes({ report }) {
  const found = Object.entries(report.site.figures.outcomes).sort((a, b) => Number(b[1]) - Number(a[1]));
  const whole = found.reduce((sum, [, n]) => sum + Number(n), 0);
  if (!whole) return null;
  return html`<section class="panel outcomes"><h2>${t("report.outcomes")}</h2><ul>${found.map(([key, n]) => html`<li key=${key}>
    <a href=${callsLink(report, { direction: "outbound", outcome: key })}>${t(`outcome.${key}`)}</a>
    <span class="track"><i style=${{ width: `${(Number(n) / whole) * 100}%` }}></i></span><span class="num">${count(Number(n))}</span><span class="num muted">${percent(Number(n) / whole)}</span></li>`)}</ul></section>`;
}
