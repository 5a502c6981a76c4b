// Beside the floor: the fair ranking, what became of the dials, the trunks.
import { Why } from "../common/explain.js";
import { count, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { figureLink, outcomeLink, trunkLink } from "./links.js";
import { byId, nameOf } from "./parts.js";

const RANKS = 12;

/** @param {{board: any, ranking: any[]}} props */
export function Ranking({ board, ranking }) {
  const names = byId(board.agents);
  if (!ranking.length) return html`<h3>${t("ranking.title")}</h3><p class="muted">${t("ranking.empty")}</p>`;
  const newcomers = ranking.filter((r) => r.newcomer);
  return html`<h3>${t("ranking.title")} <${Why} of="ranking" calls=${figureLink(board, "connect_rate")} /></h3><p class="muted small">${t("ranking.why")}</p><${Places} board=${board} names=${names} ranking=${ranking.filter((r) => !r.newcomer)} />
    ${newcomers.length ? html`<h3>✦ ${t("ranking.newcomers")}</h3><${Places} board=${board} names=${names} ranking=${newcomers} />` : null}`;
}

/** @param {{board: any, names: Map<string, any>, ranking: any[]}} props */
function Places({ board, names, ranking }) {
  const shown = ranking.slice(0, RANKS);
  const widest = Math.max(0.1, ...shown.map((r) => r.high));
  return html`<ol class="ranking">${shown.map((r) => html`<li key=${r.id}>
    <span class="rank">${r.rank}</span>
    <a href=${figureLink(board, "dials", { agent: r.id })}>${nameOf(names.get(r.id) ?? { extension: r.id })}</a>
    <span class="interval" title=${t("ranking.interval", { low: percent(r.low), high: percent(r.high), n: r.finished })}><i style=${{ left: `${(r.low / widest) * 100}%`, width: `${((r.high - r.low) / widest) * 100}%` }}></i><b style=${{ left: `${(r.value / widest) * 100}%` }}></b></span>
    <a class="num" data-explain="connect_rate" href=${figureLink(board, "connect_rate", { agent: r.id })}>${percent(r.connect_rate)}</a><a class="num muted" data-explain="finished" href=${figureLink(board, "connect_rate", { agent: r.id })}>${count(r.finished)}</a>
  </li>`)}</ol>`;
}

/** What became of the outbound calls that are over. @param {{board: any}} props */
export function Outcomes({ board }) {
  const found = /** @type {[string, number][]} */ (Object.entries(board.site.figures.outcomes)).sort((a, b) => b[1] - a[1]);
  const all = found.reduce((sum, [, n]) => sum + n, 0);
  if (!found.length) return html`<h3>${t("outcomes.title")}</h3><p class="muted">${t("ranking.empty")}</p>`;
  return html`<h3>${t("outcomes.title")}</h3><ol class="outcomes">${found.map(([outcome, n]) => html`<li key=${outcome}><a href=${outcomeLink(board, outcome)}>
    <span>${t(`outcome.${outcome}`)}</span><i aria-hidden="true"><b class=${outcome === "answered" ? "good" : ""} style=${{ width: `${(n / found[0][1]) * 100}%` }}></b></i><span class="num">${count(n)}</span><span class="num muted">${percent(n / all, 0)}</span></a></li>`)}</ol>`;
}

/** @param {{board: any}} props */
export function Trunks({ board }) {
  return html`<h3>${t("trunks.title")}</h3><table class="figures-table"><thead><tr><th>${t("trunks.name")}</th><th class="num">${t("trunks.active")}</th><th class="num">${t("trunks.seizures")}</th><th class="num"><abbr title=${t("metric.asr")}>ASR</abbr></th><th class="num"><abbr title=${t("metric.ner")}>NER</abbr></th></tr></thead>
    <tbody>${board.trunks.map((/** @type {any} */ k) => html`<tr key=${k.id}><td><a href=${trunkLink(board, k.id, "all")}>${k.name}</a></td><td class="num"><a href=${trunkLink(board, k.id, "now")}>${count(k.active)}</a></td><td class="num"><a href=${trunkLink(board, k.id, "all")}>${count(k.seizures)}</a></td><td class="num"><a data-explain="asr" href=${trunkLink(board, k.id, "over")}>${percent(k.asr)}</a></td><td class="num"><a data-explain="ner" href=${trunkLink(board, k.id, "over")}>${percent(k.ner)}</a></td></tr>`)}</tbody></table>`;
}
