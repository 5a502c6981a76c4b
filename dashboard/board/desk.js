// The board as a page to work with: laptop, big screen on a desk, phone.
import { clock, clockSeconds, count, dayName, duration, percent } from "../common/format.js";
import { Bar, html } from "../common/ui.js";
import { t } from "../common/words.js";
import { Bars, callsLink, earlier, GLYPH, hourlyTarget, nameOf, nearestDeadline, Progress, siteFigures, teamName, troubles, verdictClass, verdictText } from "./parts.js";

/** @param {{live: any, now: number, ranking: any[], onTv: () => void}} props */
export function Desk({ live, now, ranking, onTv }) {
  const { board } = live;
  const wrong = troubles(live, now);
  return html`<div class=${live.state === "stale" ? "stale" : ""}>
    <${Bar} page="board">
      <span class="site-name">${board.site.name}</span>
      <span class="muted">${dayName(now)}</span>
      <span class="time" aria-label=${t("board.server_time")}>${clockSeconds(now)}</span>
      ${board.links.map((/** @type {any} */ link) => html`<span class=${`chip link-${link.state}`} title=${link.reason}>${link.state === "up" ? "●" : "✕"} ${link.pbx} ${t(`link.short.${link.state}`)}${link.lag_seconds > 1 ? ` · ${t("link.lag", { s: link.lag_seconds.toFixed(1) })}` : ""}</span>`)}
      <button type="button" class="tv-button" onClick=${onTv} title="f">${t("board.tv")}</button>
    <//>
    <div role="status">${wrong.slice(0, 4).map((w) => html`<div class=${`notice ${w.act ? "act" : ""} ${w.stale ? "is-stale" : ""}`}>${w.act ? "⚠ " : "ⓘ "}${w.text}</div>`)}</div>
    <main class="desk">
      <section class="top">
        <${DeadlinePanel} board=${board} now=${now} />
        <div class="figures">${siteFigures(board).map((f) => html`<a class=${`panel figure ${f.behind ? "behind" : ""}`} href=${callsLink(board, f.filter)} key=${f.key}>
          <span class="label">${t(`metric.${f.key}`)}</span>
          <strong>${f.value}</strong>
          <${Progress} share=${f.share} />
          <span class="muted small">${f.target ? t("figure.target", { goal: f.goal }) : ""}${f.note ? ` · ${f.note}` : ""}</span>
        </a>`)}</div>
      </section>
      <section class="floor" id="main" aria-label=${t("board.floor")} onKeyDown=${withinTile}>
        ${board.agents.length ? null : html`<div class="panel empty">${t("board.no_agents")}</div>`}
        ${board.teams.map((/** @type {any} */ team) => html`<${Team} key=${team.id} team=${team} board=${board} now=${now} />`)}
      </section>
      <aside class="side">
        <div class="panel pad"><${Ranking} board=${board} ranking=${ranking} /></div>
        <div class="panel pad"><${Bars} title=${t("chart.today")} buckets=${board.hours} label=${(/** @type {any} */ b) => clock(b.start).slice(0, 2)} gaps=${board.gaps} width=${3600} target=${hourlyTarget(board)} /></div>
        <div class="panel pad"><${Bars} title=${t("chart.last_hour")} buckets=${board.last_hour} label=${(/** @type {any} */ b) => clock(b.start)} gaps=${board.gaps} width=${300} /></div>
        ${board.trunks.length ? html`<div class="panel pad"><${Trunks} board=${board} /></div>` : null}
      </aside>
    </main>
  </div>`;
}

/** @param {{board: any, now: number}} props */
function DeadlinePanel({ board, now }) {
  const d = nearestDeadline(board.deadlines, now);
  if (!d) return html`<div class="panel deadline"><span class="label">${t("deadline.none")}</span></div>`;
  const left = d.dial_by_at - now;
  const names = new Map(board.agents.map((/** @type {any} */ a) => [a.id, a]));
  const urgent = d.not_begun.length > 0 && left < 300 && now < d.ends_at;
  return html`<div class=${`panel deadline ${urgent ? "urgent" : ""}`}>
    <span class="label">${d.name} · ${t("deadline.by", { time: clock(d.dial_by_at) })}</span>
    <strong>${left > 0 ? duration(left) : t("deadline.passed", { time: duration(-left) })}</strong>
    ${earlier(board, d, now).map((/** @type {string} */ words) => html`<span class="muted small">${words}</span>`)}
    ${now < d.starts_at - 900 ? null : html`<span class="begun">${t("deadline.begun", { begun: d.begun, expected: d.expected })}${d.late.length ? ` · ${t("deadline.late", { n: d.late.length })}` : ""}${d.indeterminate.length ? ` · ${t("deadline.indeterminate", { n: d.indeterminate.length })}` : ""}</span>`}
    ${d.not_begun.length && now > d.starts_at - 900
      ? html`<ul class="names" aria-label=${t("deadline.not_begun")}>${d.not_begun.slice(0, 30).map((/** @type {string} */ id) => html`<li><a href=${callsLink(board, { agent: id })}>${nameOf(names.get(id) ?? { extension: id })}</a></li>`)}${d.not_begun.length > 30 ? html`<li class="muted">+${d.not_begun.length - 30}</li>` : null}</ul>`
      : null}
  </div>`;
}

/** @param {{team: any, board: any, now: number}} props */
function Team({ team, board, now }) {
  const f = team.figures;
  const agents = board.agents.filter((/** @type {any} */ a) => a.team === team.id);
  return html`<section class="team">
    <header>
      <h2>${teamName(team)}</h2>
      <a href=${callsLink(board, { team: team.id, direction: "outbound" })}>${t("metric.dials")} <b>${count(f.dials)}</b></a>
      <a href=${callsLink(board, { team: team.id, direction: "outbound", outcome: "answered" })}>${t("metric.connects")} <b>${count(f.connects)}</b></a>
      <a href=${callsLink(board, { team: team.id, direction: "outbound", live: "false" })}>${t("metric.connect_rate")} <b>${percent(f.connect_rate)}</b></a>
      <a href=${callsLink(board, { team: team.id, direction: "outbound", outcome: "answered" })}>${t("metric.talk_seconds")} <b>${duration(f.talk_seconds)}</b></a>
      <a href=${callsLink(board, { team: team.id, live: "true" })}>${t("team.on_line", { n: (team.states.talking ?? 0) + (team.states.on_hold ?? 0), of: team.agents })}</a>
    </header>
    <div class=${`tiles ${board.agents.length > 60 ? "small" : board.agents.length <= 12 ? "large" : ""}`}>${agents.map((/** @type {any} */ a) => html`<${Tile} key=${a.id} agent=${a} board=${board} now=${now} />`)}</div>
  </section>`;
}

/** @param {{agent: any, board: any, now: number}} props */
function Tile({ agent, board, now }) {
  const f = agent.figures;
  const last = [...agent.first_dials].reverse().find((/** @type {any} */ d) => d.verdict === "late" || d.verdict === "not_started" || d.verdict === "indeterminate");
  const since = agent.since == null ? "" : duration(now - agent.since);
  const faint = f.finished < 10 ? "faint" : "";
  /** @param {Record<string, string>} filter @param {string} what @param {string} short @param {string} value @param {string} [cls] */
  const figure = (filter, what, short, value, cls) =>
    html`<a class=${cls} tabindex="-1" href=${callsLink(board, { agent: agent.id, direction: "outbound", ...filter })} title=${t(what)} aria-label=${`${nameOf(agent)} ${t(what)} ${value}`}>${short} <b>${value}</b></a>`;
  return html`<div class=${`tile s-${agent.state}`}>
    <a class="who" href=${callsLink(board, { agent: agent.id })} aria-label=${`${nameOf(agent)} ${agent.extension} ${t(`state.${agent.state}`)}`}><b>${nameOf(agent)}</b><small>${agent.extension === agent.name ? "" : agent.extension}</small></a>
    <span class="state"><i aria-hidden="true">${GLYPH[agent.state]}</i> ${t(`state.${agent.state}`)}<em>${since}</em></span>
    <span class="with">${agent.call ? html`<a tabindex="-1" href=${`/calls/${agent.call.id}`}>${DIRECTION[agent.call.direction] ?? ""}${agent.call.number ?? t("story.unknown_number")}</a>` : last ? html`<span class=${`verdict ${verdictClass(last)}`}>${verdictText(last)}</span>` : ""}${figure({ outcome: "answered" }, "metric.talk_seconds", t("short.talk"), duration(f.talk_seconds), "talk")}</span>
    <span class="sums">${figure({}, "metric.dials", t("short.dials"), count(f.dials))}${figure({ outcome: "answered" }, "metric.connects", t("short.connects"), count(f.connects))}${figure({ live: "false" }, "metric.connect_rate", "", percent(f.connect_rate, 0), faint)}</span>
  </div>`;
}

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

/** @param {{board: any, ranking: any[]}} props */
function Ranking({ board, ranking }) {
  const names = new Map(board.agents.map((/** @type {any} */ a) => [a.id, a]));
  if (!ranking.length) return html`<h3>${t("ranking.title")}</h3><p class="muted">${t("ranking.empty")}</p>`;
  const shown = ranking.slice(0, 12);
  const widest = Math.max(0.1, ...shown.map((r) => r.high));
  return html`<h3>${t("ranking.title")}</h3><p class="muted small">${t("ranking.why")}</p><ol class="ranking">${shown.map((r) => html`<li key=${r.id}>
    <span class="rank">${r.rank}</span>
    <a href=${callsLink(board, { agent: r.id, direction: "outbound" })}>${nameOf(names.get(r.id) ?? { extension: r.id })}</a>
    <span class="interval" title=${t("ranking.interval", { low: percent(r.low), high: percent(r.high), n: r.finished })}><i style=${{ left: `${(r.low / widest) * 100}%`, width: `${((r.high - r.low) / widest) * 100}%` }}></i><b style=${{ left: `${(r.value / widest) * 100}%` }}></b></span>
    <a class="num" href=${callsLink(board, { agent: r.id, direction: "outbound", live: "false" })}>${percent(r.connect_rate)}</a><span class="num muted">${count(r.finished)}</span>
  </li>`)}</ol>`;
}

/** @param {{board: any}} props */
function Trunks({ board }) {
  return html`<h3>${t("trunks.title")}</h3><table class="trunks"><thead><tr><th>${t("trunks.name")}</th><th class="num">${t("trunks.active")}</th><th class="num">${t("trunks.seizures")}</th><th class="num">ASR</th><th class="num">NER</th></tr></thead>
    <tbody>${board.trunks.map((/** @type {any} */ k) => html`<tr key=${k.id}><td><a href=${callsLink(board, { trunk: k.name })}>${k.name}</a></td><td class="num"><a href=${callsLink(board, { trunk: k.name, live: "true" })}>${count(k.active)}</a></td><td class="num"><a href=${callsLink(board, { trunk: k.name, direction: "outbound" })}>${count(k.seizures)}</a></td><td class="num">${percent(k.asr)}</td><td class="num">${percent(k.ner)}</td></tr>`)}</tbody></table>`;
}
