// The board on a TV: legible from eight metres, one thing at a time; what does not fit comes on the next page.
import { clock, clockSeconds, duration, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { nearestDeadline, troubles } from "./parts.js";
import { PAGES } from "./wall-pages.js";

/** @param {{live: any, now: number, page: any, ranking: any[], number: number, of: number, onLeave: () => void}} props */
export function Wall({ live, now, page, ranking, number, of, onLeave }) {
  const { board } = live;
  const wrong = troubles(live, now).filter((w) => w.act && !w.desk);
  return html`<div class=${`wall ${live.state === "stale" ? "stale" : ""}`}>
    <header>
      <span class="site-name">${board.site.name}</span>
      <${Headline} board=${board} now=${now} />
      <time>${clock(now)}</time>
    </header>
    ${wrong.length ? html`<div class=${`wall-wrong ${wrong[0].stale ? "is-stale" : ""}`} role="alert">⚠ ${wrong[0].text}</div>` : null}
    <${PAGES[page.kind]} board=${board} page=${page} ranking=${ranking} now=${now} />
    <footer><span class="turn">${number} / ${of}</span><span>${board.links.map((/** @type {any} */ l) => `${l.state === "up" ? "●" : "✕"} ${l.pbx}`).join("  ")}</span><span>${clockSeconds(now)}</span><button type="button" onClick=${onLeave}>${t("board.leave_tv")}</button></footer>
  </div>`;
}

/** The countdown while a deadline is near; later the connect rate. @param {{board: any, now: number}} props */
function Headline({ board, now }) {
  const d = nearestDeadline(board.deadlines, now);
  const left = d ? d.dial_by_at - now : 0;
  const near = d && now > d.starts_at - 1800 && now < d.dial_by_at + 1800;
  if (near)
    return html`<span class=${`wall-deadline ${left < 300 && d.not_begun.length ? "urgent" : ""}`}><small>${d.name} ${clock(d.dial_by_at)}</small><b>${left > 0 ? duration(left) : `+${duration(-left)}`}</b><small>${t("deadline.begun", { begun: d.begun, expected: d.expected })}</small></span>`;
  if (left > 0) return html`<span class="wall-deadline"><small>${d.name} ${clock(d.dial_by_at)}</small><b>${duration(left)}</b></span>`;
  return html`<span class="wall-deadline"><small>${t("metric.connect_rate")}</small><b>${percent(board.site.figures.connect_rate)}</b></span>`;
}
