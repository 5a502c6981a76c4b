// The pages of the wall's rotation.
import { count, duration, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { notBegun } from "./attention.js";
import { byId, GLYPH, nameOf, siteFigures, teamName, verdictText } from "./parts.js";
import { NAMES } from "./rotation.js";

/** @typedef {{board: any, page: any, ranking: any[], now: number}} Props */

const minutes = (/** @type {number} */ seconds) => Math.floor(Math.max(0, seconds) / 60);
const named = (/** @type {Map<string, any>} */ agents, /** @type {string} */ id) => nameOf(agents.get(id) ?? { extension: id });
/** A half-day that should have begun and has not. @param {any} agent */
const unbegun = (agent) => [...agent.first_dials].reverse().find((f) => f.at == null && (f.verdict === "late" || f.verdict === "not_started"));

/** @param {Props} props */
function SitePage({ board, now }) {
  const agents = byId(board.agents);
  const waiting = notBegun(board, now);
  return html`<div class="wall-site">
    <div class="wall-figures">${siteFigures(board).slice(0, waiting.length ? 3 : 5).map((f) => html`<div class=${f.behind ? "behind" : ""} key=${f.key}><small>${t(`metric.${f.key}`)}</small><b>${f.value}</b><small class="goal">${f.goal}</small></div>`)}${waiting.length ? null : html`<div><small>${t("figure.on_line")}</small><b>${count((board.site.states.talking ?? 0) + (board.site.states.on_hold ?? 0))}</b><small class="goal">${t("figure.of_agents", { n: count(board.site.agents_total) })}</small></div>`}</div>
    ${waiting.length ? html`<div class="wall-names"><h2>${t("deadline.not_begun")} ${waiting.length}</h2><p>${waiting.slice(0, NAMES).map((id) => html`<span key=${id}>${named(agents, id)}</span>`)}${waiting.length > NAMES ? html`<span class="muted">+${count(waiting.length - NAMES)}</span>` : null}</p></div>` : null}
  </div>`;
}

/** Names that did not fit beside the figures; who has begun meanwhile is gone. @param {Props} props */
function NamesPage({ board, page, now }) {
  const agents = byId(board.agents);
  const waiting = new Set(notBegun(board, now));
  return html`<div class="wall-names is-page"><h2>${t("deadline.not_begun")} ${waiting.size}</h2><p>${page.part.filter((/** @type {string} */ id) => waiting.has(id)).map((/** @type {string} */ id) => html`<span key=${id}>${named(agents, id)}</span>`)}</p></div>`;
}

/** @param {Props} props */
function AttentionPage({ board, page, now }) {
  const agents = byId(board.agents);
  return html`<div class="wall-team"><h2 class="act">${t("wall.attention")}</h2><div class="wall-tiles many" style=${{ gridTemplateRows: `repeat(${Math.max(4, Math.ceil(page.part.length / 4))}, minmax(0, 1fr))` }}>${page.part.map((/** @type {any} */ { agent: id, reason }) => {
    const agent = agents.get(id);
    if (!agent) return null;
    const first = unbegun(agent);
    const words = reason === "late" && first ? verdictText(first) : reason === "idle" && agent.state === "idle" ? t("wall.idle", { n: minutes(now - agent.idle_since) }) : t(`state.${agent.state}`);
    return html`<div class=${`tile s-${agent.state} ${reason === "idle" ? "" : "must"}`} key=${id}><span class="line"><b>${nameOf(agent)}</b><small>${agent.extension === agent.name ? "" : agent.extension}</small></span><span class="reason">${words}</span></div>`;
  })}</div></div>`;
}

/** @param {Props} props */
function TeamsPage({ board, page }) {
  const teams = byId(board.teams);
  return html`<div class="wall-teams"><table><thead><tr><th>${t("wall.teams")}</th>${["dials", "connects", "connect_rate", "talk_seconds"].map((key) => html`<th class="num">${t(`metric.${key}`)}</th>`)}<th class="num">${t("figure.on_line")}</th></tr></thead>
    <tbody>${page.part.map((/** @type {string} */ id) => {
      const team = teams.get(id);
      if (!team) return null;
      const f = team.figures;
      return html`<tr key=${id}><th scope="row">${teamName(team)}</th><td class="num">${count(f.dials)}</td><td class="num">${count(f.connects)}</td><td class="num">${percent(f.connect_rate)}</td><td class="num">${duration(f.talk_seconds)}</td><td class="num">${(team.states.talking ?? 0) + (team.states.on_hold ?? 0)}<small> / ${team.agents}</small></td></tr>`;
    })}</tbody></table></div>`;
}

/** A team of a small floor, in large tiles. @param {Props} props */
function TeamPage({ board, page, now }) {
  const team = byId(board.teams).get(page.part.team);
  const agents = byId(board.agents);
  if (!team) return null;
  const f = team.figures;
  const rows = Math.max(2, Math.ceil(page.part.agents.length / 4));
  return html`<div class="wall-team">
    <h2>${teamName(team)}<span>${t("metric.dials")} <b>${count(f.dials)}</b></span><span>${t("metric.connects")} <b>${count(f.connects)}</b></span><span>${t("metric.connect_rate")} <b>${percent(f.connect_rate)}</b></span><em>${t("board.tile_legend")}</em></h2>
    <div class="wall-tiles" style=${{ gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))` }}>${page.part.agents.map((/** @type {string} */ id) => {
      const a = agents.get(id);
      if (!a) return null;
      const bad = a.state === "talking" ? null : unbegun(a);
      return html`<div class=${`tile s-${a.state}`} key=${id}><b>${nameOf(a)}</b><span class=${`state ${bad ? "v-late" : ""}`}><i>${GLYPH[a.state]}</i> ${bad ? verdictText(bad) : t(`state.${a.state}`)}<em>${a.since == null || bad ? "" : duration(now - a.since)}</em></span><${Sums} figures=${a.figures} /></div>`;
    })}</div>
  </div>`;
}

/** The floor in small tiles, teams one after the other; or only their heads. @param {Props} props */
function FloorPage({ board, page, now }) {
  const teams = byId(board.teams);
  const agents = byId(board.agents);
  return html`<div class="wall-tiles many">${page.part.map((/** @type {{head?: string, agent?: string}} */ cell) => {
    const team = teams.get(cell.head ?? "");
    if (team) return html`<div class="tile head" key=${cell.head}><span class="line"><b>${teamName(team)}</b><span>${(team.states.talking ?? 0) + (team.states.on_hold ?? 0)} / ${team.agents} ${GLYPH.talking}</span></span><span class="sums">${count(team.figures.dials)}<em>${percent(team.figures.connect_rate, 0)}</em></span></div>`;
    const a = agents.get(cell.agent ?? "");
    if (!a) return null;
    const bad = a.state === "talking" ? null : unbegun(a);
    return html`<div class=${`tile s-${a.state}`} key=${cell.agent}><span class="line"><b>${nameOf(a)}</b><span class=${`state ${bad ? "v-late" : ""}`}><i>${GLYPH[a.state]}</i> ${bad ? verdictText(bad) : t(`tv.${a.state}`)}${a.since == null || bad ? "" : html` <em>${t("wall.minutes", { n: minutes(now - a.since) })}</em>`}</span></span><${Sums} figures=${a.figures} /></div>`;
  })}</div>`;
}

/** @param {{figures: any}} props */
const Sums = ({ figures }) => html`<span class="sums">${count(figures.dials)}\u2009/\u2009${count(figures.connects)}<em>${percent(figures.connect_rate, 0)}</em></span>`;

/** @param {Props} props */
function RankingPage({ board, page, ranking }) {
  const agents = byId(board.agents);
  const ranks = byId(ranking);
  return html`<div class="wall-ranking"><h2>${t("ranking.title")}</h2><ol>${page.part.map((/** @type {string} */ id) => {
    const r = ranks.get(id);
    return r ? html`<li key=${id}><span>${r.rank}</span><b>${named(agents, id)}${r.newcomer ? " ✦" : ""}</b><span class="num">${percent(r.connect_rate)}</span><span class="num muted">${t("ranking.of", { n: count(r.finished) })}</span></li>` : null;
  })}</ol></div>`;
}

/** @type {Record<string, any>} */
export const PAGES = { site: SitePage, names: NamesPage, attention: AttentionPage, teams: TeamsPage, team: TeamPage, heads: FloorPage, floor: FloorPage, ranking: RankingPage };
