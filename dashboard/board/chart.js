// Dials and connects by stretch of time: plain bars, the target as a line, what was not heard hatched, and a table that says the same.
import { clock, count } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { bucketLink } from "./links.js";

/** Seconds of `[a, b)` inside the shifts. @param {any} board @param {number} a @param {number} b */
const scheduled = (board, a, b) =>
  board.deadlines.reduce((/** @type {number} */ sum, /** @type {any} */ d) => sum + Math.max(0, Math.min(b, d.ends_at) - Math.max(a, d.starts_at)), 0);

/** The dials that a stretch should bring: its share of the day's shifts. @param {any} board @param {number} start @param {number} width */
function target(board, start, width) {
  const day = scheduled(board, -Infinity, Infinity);
  return board.site.targets.dials && day ? (board.site.targets.dials * scheduled(board, start, start + width)) / day : 0;
}

/** @param {{board: any, now: number, buckets: any[], width: number, title: string, every?: number}} props `every`: how many columns share a label */
export function Chart({ board, now, buckets, width, title, every = 1 }) {
  if (!buckets.length) return null;
  const wanted = buckets.map((b) => target(board, b.start, width));
  const most = Math.max(4, ...wanted, ...buckets.map((b) => b.dials)) * 1.05;
  const begin = buckets[0].start;
  const span = buckets.length * width;
  const x = (/** @type {number} */ at) => Math.max(0, Math.min(100, ((at - begin) / span) * 100));
  const holes = board.gaps.map((/** @type {any} */ g) => ({ left: x(g.from), right: x(g.to ?? now) })).filter((/** @type {any} */ g) => g.right > g.left);
  const blind = (/** @type {any} */ b) => board.gaps.some((/** @type {any} */ g) => g.from < b.start + width && (g.to ?? now) > b.start);
  const w = 100 / buckets.length;
  return html`<figure class="chart">
    <figcaption><b>${title}</b><span class="muted"><i class="key d"></i>${t("metric.dials")} <i class="key c"></i>${t("metric.connects")}${Math.max(...wanted) ? html` <i class="key line"></i>${t("chart.target", { n: count(Math.round(Math.max(...wanted))) })}` : ""}${holes.length ? html` <i class="key hatched"></i>${t("chart.blind")}` : ""}</span></figcaption>
    <div class="plot">
      ${holes.map((/** @type {any} */ g) => html`<div class="hole hatched" style=${{ left: `${g.left}%`, width: `max(3px, ${g.right - g.left}%)` }}></div>`)}
      ${buckets.map((b, i) => html`<a class="column" data-explain="dials" key=${b.start} href=${bucketLink(b, width, "dials")} style=${{ left: `${i * w}%`, width: `${w}%` }} aria-label=${words(b, wanted[i], blind(b))} title=${words(b, wanted[i], blind(b))}>
        <i class="d" style=${{ height: `${(b.dials / most) * 100}%` }}>${b.dials && (most < 1000 || buckets.length < 11 || i % 2 === 0) ? html`<b>${b.dials}</b>` : null}</i>
        <i class="c" style=${{ height: `${(b.connects / most) * 100}%` }}></i>
        ${wanted[i] ? html`<hr style=${{ bottom: `${(wanted[i] / most) * 100}%` }} />` : null}
      </a>`)}
    </div>
    <div class="ticks" aria-hidden="true">${buckets.map((b, i) => (i % every ? null : html`<span style=${{ left: `${i * w}%`, width: `${w * every}%` }}>${tick(b, width)}</span>`))}</div>
    <details><summary>${t("chart.table")}</summary><table class="figures-table"><thead><tr><th>${t("chart.from")}</th><th class="num">${t("metric.dials")}</th><th class="num">${t("metric.connects")}</th><th class="num">${t("chart.goal")}</th></tr></thead>
      <tbody>${buckets.map((b, i) => html`<tr key=${b.start}><th scope="row">${clock(b.start)}${blind(b) ? ` · ${t("chart.blind")}` : ""}</th><td class="num"><a data-explain="dials" href=${bucketLink(b, width, "dials")}>${count(b.dials)}</a></td><td class="num"><a data-explain="connects" href=${bucketLink(b, width, "connects")}>${count(b.connects)}</a></td><td class="num">${wanted[i] ? count(Math.round(wanted[i])) : "—"}</td></tr>`)}</tbody></table></details>
  </figure>`;
}

/** @param {any} b @param {number} width */
const tick = (b, width) => (width >= 3600 ? clock(b.start).slice(0, 2) : clock(b.start));

/** @param {any} b @param {number} wanted @param {boolean} blind */
const words = (b, wanted, blind) =>
  `${clock(b.start)} · ${t("metric.dials")} ${count(b.dials)} · ${t("metric.connects")} ${count(b.connects)}${wanted ? ` · ${t("chart.target", { n: count(Math.round(wanted)) })}` : ""}${blind ? ` · ${t("chart.blind")}` : ""}`;
