// The board on a TV: legible from eight metres, one thing at a time; what does not fit comes on the next page.
import { clock, clockSeconds, count, duration, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { GLYPH, nameOf, nearestDeadline, siteFigures, teamName, troubles, verdictText } from "./parts.js";

const TILES = 12;
const RANKS = 8;
const NAMES = 20;

/** The pages of the rotation: figures, each team's agents a dozen at a time, the ranking. @param {any} board @param {any[]} ranking */
export function pagesOf(board, ranking) {
  /** @type {any[]} */
  const pages = [{ kind: "site" }];
  for (const team of board.teams) {
    const agents = board.agents.filter((/** @type {any} */ a) => a.team === team.id);
    for (let i = 0; i < agents.length; i += TILES) pages.push({ kind: "team", team, agents: agents.slice(i, i + TILES) });
  }
  if (ranking.length) pages.push({ kind: "ranking", ranking: ranking.slice(0, RANKS) });
  return pages;
}

/** @param {{live: any, now: number, page: any, number: number, of: number, onLeave: () => void}} props */
export function Wall({ live, now, page, number, of, onLeave }) {
  const { board } = live;
  const wrong = troubles(live, now).filter((w) => w.act);
  const d = nearestDeadline(board.deadlines, now);
  const left = d ? d.dial_by_at - now : 0;
  const open = d && now > d.starts_at - 1800 && now < d.dial_by_at + 1800;
  return html`<div class=${`wall ${live.state === "stale" ? "stale" : ""}`}>
    <header>
      <span class="site-name">${board.site.name}</span>
      ${open
        ? html`<span class=${`wall-deadline ${left < 300 && d.not_begun.length ? "urgent" : ""}`}><small>${d.name} ${clock(d.dial_by_at)}</small><b>${left > 0 ? duration(left) : `+${duration(-left)}`}</b><small>${t("deadline.begun", { begun: d.begun, expected: d.expected })}</small></span>`
        : left > 0
          ? html`<span class="wall-deadline"><small>${d.name} ${clock(d.dial_by_at)}</small><b>${duration(left)}</b></span>`
          : html`<span class="wall-deadline"><small>${t("metric.connect_rate")}</small><b>${percent(board.site.figures.connect_rate)}</b></span>`}
      <time>${clock(now)}</time>
    </header>
    ${wrong.length ? html`<div class=${`wall-wrong ${wrong[0].stale ? "is-stale" : ""}`} role="alert">⚠ ${wrong[0].text}</div>` : null}
    ${page.kind === "site" ? html`<${SitePage} board=${board} d=${open ? d : null} />` : page.kind === "team" ? html`<${TeamPage} page=${page} now=${now} />` : html`<${RankingPage} board=${board} page=${page} />`}
    <footer><span>${number} / ${of}</span><span>${board.links.map((/** @type {any} */ l) => `${l.state === "up" ? "●" : "✕"} ${l.pbx}`).join("  ")}</span><span>${clockSeconds(now)}</span><button type="button" onClick=${onLeave}>${t("board.leave_tv")}</button></footer>
  </div>`;
}

/** @param {{board: any, d: any}} props */
function SitePage({ board, d }) {
  const names = new Map(board.agents.map((/** @type {any} */ a) => [a.id, a]));
  const waiting = d ? d.not_begun.map((/** @type {string} */ id) => nameOf(names.get(id) ?? { extension: id })) : [];
  return html`<div class="wall-site">
    <div class="wall-figures">${siteFigures(board).slice(0, waiting.length ? 3 : 5).map((f) => html`<div class=${f.behind ? "behind" : ""} key=${f.key}><small>${t(`metric.${f.key}`)}</small><b>${f.value}</b><small class="goal">${f.target ? t("figure.target", { goal: f.goal }) : ""}</small></div>`)}${waiting.length ? null : html`<div><small>${t("figure.on_line")}</small><b>${count((board.site.states.talking ?? 0) + (board.site.states.on_hold ?? 0))}</b><small class="goal">${t("figure.of_agents", { n: count(board.site.agents_total) })}</small></div>`}</div>
    ${waiting.length ? html`<div class="wall-names"><h2>${t("deadline.not_begun")} ${waiting.length}</h2><p>${waiting.slice(0, NAMES).map((/** @type {string} */ name) => html`<span>${name}</span>`)}${waiting.length > NAMES ? html`<span class="muted">+${count(waiting.length - NAMES)}</span>` : null}</p></div>` : null}
  </div>`;
}

/** @param {{page: any, now: number}} props */
function TeamPage({ page, now }) {
  const f = page.team.figures;
  return html`<div class="wall-team">
    <h2>${teamName(page.team)}<span>${t("metric.dials")} <b>${count(f.dials)}</b></span><span>${t("metric.connects")} <b>${count(f.connects)}</b></span><span>${t("metric.connect_rate")} <b>${percent(f.connect_rate)}</b></span><em>${t("board.tile_legend")}</em></h2>
    <div class="wall-tiles" style=${{ gridTemplateRows: `repeat(${Math.max(2, Math.ceil(page.agents.length / 4))}, minmax(0, 1fr))` }}>${page.agents.map((/** @type {any} */ a) => {
      const bad = [...a.first_dials].reverse().find((/** @type {any} */ x) => x.at == null && (x.verdict === "late" || x.verdict === "not_started"));
      return html`<div class=${`tile s-${a.state}`} key=${a.id}><b>${nameOf(a)}</b><span class=${`state ${bad && a.state !== "talking" ? "v-late" : ""}`}><i>${GLYPH[a.state]}</i> ${bad && a.state !== "talking" ? verdictText(bad) : t(`state.${a.state}`)}<em>${a.since == null || bad ? "" : duration(now - a.since)}</em></span><span class="sums">${count(a.figures.dials)} / ${count(a.figures.connects)}<em>${percent(a.figures.connect_rate, 0)}</em></span></div>`;
    })}</div>
  </div>`;
}

/** @param {{board: any, page: any}} props */
function RankingPage({ board, page }) {
  const names = new Map(board.agents.map((/** @type {any} */ a) => [a.id, a]));
  return html`<div class="wall-ranking"><h2>${t("ranking.title")}</h2><ol>${page.ranking.map((/** @type {any} */ r) => html`<li key=${r.id}><span>${r.rank}</span><b>${nameOf(names.get(r.id) ?? { extension: r.id })}</b><span class="num">${percent(r.connect_rate)}</span><span class="num muted">${t("ranking.of", { n: count(r.finished) })}</span></li>`)}</ol></div>`;
}
