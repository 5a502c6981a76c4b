// The board as a page to work with: laptop, big screen on a desk, phone.
import { Why } from "../common/explain.js";
import { clockSeconds, count, dayName, duration, percent } from "../common/format.js";
import { Bar, html } from "../common/ui.js";
import { language, t } from "../common/words.js";
import { SoundSwitch } from "./alarm.js";
import { PastBar } from "./past-bar.js";
import { Chart } from "./chart.js";
import { DeadlinePanel } from "./deadline.js";
import { figureLink, onLineLink } from "./links.js";
import { GLYPH, nameOf, Progress, siteFigures, teamName, troubles, verdictClass, verdictLink, verdictText } from "./parts.js";
import { Outcomes, Ranking, Trunks } from "./tables.js";

const NOTICES = 3;

/** @param {{live: any, now: number, ranking: any[], past: any, look: (() => void) | null, leave: () => void, explain: any, onTv: () => void, redraw: () => void}} props `past`: the moment that is shown instead; `look` begins one */
export function Desk({ live, now, ranking, past, look, leave, explain, onTv, redraw }) {
  const { board } = live;
  const wrong = troubles(live, now);
  // Beside a large floor all is on the right; a small one leaves room below its teams.
  const few = board.agents.length <= 36;
  const more = html`<div class="panel pad"><${Outcomes} board=${board} /></div>${board.trunks.length ? html`<div class="panel pad"><${Trunks} board=${board} /></div>` : null}`;
  return html`<div class=${past ? "is-past" : live.state === "stale" ? "stale" : ""}>
    <${Bar} page="board">
      <span class="site-name">${board.site.name}</span>
      ${past ? null : html`<span class="muted">${dayName(now)}</span>`}
      ${past ? html`<span class="chip past-chip">↺ ${t("rewind.title")}</span>` : html`<span class="time" aria-label=${t("board.server_time")}>${clockSeconds(now)}</span>`}
      ${board.links.map((/** @type {any} */ link) => html`<span class=${`chip link-${link.state}`} title=${link.reason}>${link.state === "up" ? "●" : "✕"} ${link.pbx} ${t(`link.short.${link.state}`)}${link.lag_seconds > 1 ? ` · ${t("link.lag", { s: link.lag_seconds.toFixed(1) })}` : ""}</span>`)}
      ${explain ? html`<${explain.Toggle} />` : null}
      ${look ? html`<button type="button" onClick=${look} title="r">↺ ${t("rewind.title")}</button>` : null}
      ${past ? null : html`<${SoundSwitch} changed=${redraw} /><button type="button" class="tv-button" onClick=${onTv} title="f">${t("board.tv")}</button>`}
    <//>
    ${past ? html`<${PastBar} past=${past} leave=${leave} />` : null}
    <div role="status">${wrong.slice(0, NOTICES).map((w) => html`<div class=${`notice ${w.act ? "act" : ""} ${w.stale ? "is-stale" : ""}`}>${w.act ? "⚠ " : "ⓘ "}${w.href ? html`<a href=${w.href}>${w.text}</a>` : w.text}</div>`)}${wrong.length > NOTICES ? html`<div class="notice"><a href="/alerts/">${t("board.more_notices", { n: wrong.length - NOTICES })}</a></div>` : null}</div>
    <main class="desk">
      <section class="top">
        <${DeadlinePanel} board=${board} now=${now} />
        <div class="figures">${siteFigures(board).map((f) => html`<div class=${`panel figure ${f.behind ? "behind" : ""}`} key=${f.key}>
          <span class="label">${t(`metric.${f.key}`)} ${explain ? html`<${Why} of=${f.key} calls=${figureLink(board, f.key)} />` : null}</span>
          <strong><a data-explain=${f.key} href=${figureLink(board, f.key)}>${f.value}</a></strong>
          <${Progress} share=${f.share} />
          <span class="muted small">${[f.goal, f.note].filter(Boolean).map((words) => html`<span>${words}</span>`)}</span>
        </div>`)}</div>
      </section>
      <section class="floor" id="main" aria-label=${t("board.floor")} onKeyDown=${withinTile}>
        ${board.agents.length ? null : html`<div class="panel empty">${t("board.no_agents")}</div>`}
        ${board.teams.map((/** @type {any} */ team) => html`<${Team} key=${team.id} team=${team} board=${board} now=${now} />`)}
        ${few ? html`<div class="under">${more}</div>` : null}
      </section>
      <aside class="side">
        <div class="panel pad"><${Chart} board=${board} now=${now} title=${t("chart.today")} buckets=${board.hours} width=${3600} /></div>
        <div class="panel pad"><${Chart} board=${board} now=${now} title=${t("chart.last_hour")} buckets=${board.last_hour} width=${300} every=${3} /></div>
        <div class="panel pad"><${Ranking} board=${board} ranking=${ranking} /></div>
        ${few ? null : more}
      </aside>
    </main>
    ${explain ? html`<${explain.Dialog} />` : null}
  </div>`;
}

/** @type {[string, (value: any) => string][]} */
const TEAM_FIGURES = [["dials", count], ["connects", count], ["connect_rate", percent], ["talk_seconds", duration]];

/** @param {{team: any, board: any, now: number}} props */
function Team({ team, board, now }) {
  const f = team.figures;
  const agents = board.agents.filter((/** @type {any} */ a) => a.team === team.id);
  return html`<section class="team">
    <header>
      <h2>${teamName(team)}</h2>
      ${TEAM_FIGURES.map(([key, show]) => html`<a data-explain=${key} href=${figureLink(board, key, { team: team.id })} key=${key}>${t(`metric.${key}`)} <b>${show(f[key])}</b></a>`)}
      <a href=${onLineLink(board, { team: team.id })}>${t("team.on_line", { n: (team.states.talking ?? 0) + (team.states.on_hold ?? 0), of: team.agents })}</a>
    </header>
    <div class=${`tiles ${board.agents.length > 60 ? "small" : board.agents.length <= 12 ? "large" : ""}`}>${agents.map((/** @type {any} */ a) => tileOf(a, board, now))}</div>
  </section>`;
}

/** @type {Map<string, {agent: any, drawn: string, tile: any}>} */
const tiles = new Map();

/** The tile drawn last while nothing on it has changed: then there is nothing to compare either. @param {any} agent @param {any} board @param {number} now */
function tileOf(agent, board, now) {
  const drawn = `${language()} ${board.site.date} ${Math.floor(now)}`;
  let known = tiles.get(agent.id);
  if (known?.agent !== agent || known?.drawn !== drawn) {
    known = { agent, drawn, tile: html`<${Tile} key=${agent.id} agent=${agent} board=${board} now=${now} />` };
    tiles.set(agent.id, known);
  }
  return known.tile;
}

/** @param {{agent: any, board: any, now: number}} props */
function Tile({ agent, board, now }) {
  const f = agent.figures;
  const last = [...agent.first_dials].reverse().find((/** @type {any} */ d) => d.verdict === "late" || d.verdict === "not_started" || d.verdict === "indeterminate" || d.verdict === "excused");
  const since = agent.since == null ? "" : duration(now - agent.since);
  const lost = agent.lost_seconds + (agent.lost_since == null ? 0 : now - agent.lost_since);
  const idle = agent.state === "idle" && agent.idle_since != null && now - agent.idle_since > board.site.idle_seconds;
  const faint = f.finished < 10 ? "faint" : "";
  /** @param {string} key @param {string} short @param {string} value @param {string} [cls] */
  const figure = (key, short, value, cls) =>
    html`<a class=${cls} tabindex="-1" data-explain=${key} href=${figureLink(board, key, { agent: agent.id })} title=${t(`metric.${key}`)} aria-label=${`${nameOf(agent)} ${t(`metric.${key}`)} ${value}`}>${short} <b>${value}</b></a>`;
  return html`<div class=${`tile s-${agent.state} ${idle ? "idle-long" : ""}`}>
    <a class="who" href=${figureLink(board, "calls", { agent: agent.id })} aria-label=${`${nameOf(agent)} ${agent.extension} ${t(`state.${agent.state}`)}`}><b>${nameOf(agent)}</b><small>${marks(agent)}${agent.extension === agent.name ? "" : agent.extension}</small></a>
    <span class="state"><i aria-hidden="true">${GLYPH[agent.state]}</i> ${idle ? html`<b class="idle-words" title=${t("tile.idle_why", { n: Math.round(board.site.idle_seconds / 60) })}>${t("tile.idle_long")}</b>` : t(`state.${agent.state}`)}<em>${idle ? duration(now - agent.idle_since) : since}</em></span>
    <span class="with">${agent.call ? html`<a tabindex="-1" href=${`/calls/${agent.call.id}`}>${DIRECTION[agent.call.direction] ?? ""}${agent.call.number ?? t("story.unknown_number")}</a>` : last ? verdict(last) : ""}${!agent.call && agent.state !== "unreachable" && lost >= 60 ? html`<em class="lost" title=${t("tile.lost_why")}>${t("tile.lost", { n: Math.floor(lost / 60) })}</em>` : ""}${figure("talk_seconds", t("short.talk"), duration(f.talk_seconds), "talk")}</span>
    <span class="sums">${figure("dials", t("short.dials"), count(f.dials))}${figure("connects", t("short.connects"), count(f.connects))}${figure("connect_rate", "", percent(f.connect_rate, 0), faint)}</span>
  </div>`;
}

/** A lead and a newcomer have a mark. @param {any} agent */
const marks = (agent) => [agent.lead ? html`<span title=${t("agent.lead")}>★</span> ` : null, agent.newcomer ? html`<span title=${t("agent.newcomer")}>✦</span> ` : null];

/** A verdict leads to the person's day, with all that it rests on. @param {any} first */
const verdict = (first) => html`<a tabindex="-1" class=${`verdict ${verdictClass(first)}`} href=${verdictLink(first)}>${verdictText(first)}</a>`;

/** @type {Record<string, string>} */
const DIRECTION = { inbound: "← ", internal: "⇄ " };

/** Tab goes from tile to tile, the arrows through the figures of one. @param {KeyboardEvent} event */
function withinTile(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tile = /** @type {HTMLElement} */ (event.target).closest(".tile");
  if (!step || !tile) return;
  const links = [...tile.querySelectorAll("a")];
  const next = links.indexOf(/** @type {HTMLAnchorElement} */ (event.target)) + step;
  links[(next + links.length) % links.length].focus();
  event.preventDefault();
}
