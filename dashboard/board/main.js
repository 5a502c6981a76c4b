// The wall-board: draws the live board, as a page to work with or as a wall to glance at (TV mode).
import { connect, boardNow } from "../common/link.js";
import { explainer } from "../common/explain.js";
import { setZone, zonedEpoch } from "../common/format.js";
import { applyTheme, Bar, html, mount, request, whoami } from "../common/ui.js";
import { loadWords, t } from "../common/words.js";
import { hear } from "./alarm.js";
import { Desk } from "./desk.js";
import { figureLink } from "./links.js";
import { PastBar } from "./past-bar.js";
import { momentOf, Past } from "./past.js";
import { pagesOf, Rotation } from "./rotation.js";
import { Wall } from "./wall.js";

applyTheme();
const me = await whoami();
await loadWords(me.language);

const rotation = new Rotation();
let tv = new URLSearchParams(location.search).has("tv");
/** A moment in the address is looked at as soon as the site's zone is known. */
let wanted = tv ? null : new URLSearchParams(location.search).get("at");
/** A number in the address is explained. */
let about = new URLSearchParams(location.search).get("explain");
/** @type {Past | null} */
let past = null;
/** @type {any} */
let live = null;
let orderedAt = 0;
/** @type {Map<string, number>} */
let places = new Map();

/** Who stands first changes at most once a minute: tiles never jump about. @param {any} ranking @param {number} now */
function steady(ranking, now) {
  if (!places.size || now - orderedAt > 60 || now < orderedAt) {
    places = new Map(ranking.map((/** @type {any} */ r) => [r.id, r.rank]));
    orderedAt = now;
  }
  const shown = ranking.map((/** @type {any} */ r) => ({ ...r, rank: places.get(r.id) ?? r.rank }));
  return shown.sort((/** @type {any} */ a, /** @type {any} */ b) => Number(a.newcomer) - Number(b.newcomer) || a.rank - b.rank);
}

function setTv(/** @type {boolean} */ wanted) {
  tv = wanted;
  history.replaceState(null, "", tv ? "?tv=1" : location.pathname);
  document.documentElement.classList.toggle("tv", tv);
  if (tv) document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) document.exitFullscreen();
  draw();
}

/** Look back at a moment. @param {number} at */
function look(at) {
  let address = "";
  const shown = () => {
    if (!past) return;
    if (!past.playing && address !== past.address) {
      address = past.address;
      history.replaceState(null, "", address);
    }
    draw();
  };
  setTv(false);
  past = new Past(at, shown, () => boardNow(live));
  shown();
}

function leave() {
  past?.pause();
  past = null;
  history.replaceState(null, "", location.pathname);
  draw();
}

function view() {
  if (live?.state === "refused") return html`<div class="empty" role="alert">${t("board.refused")}</div>`;
  if (!live?.board) return html`<div class="empty" role="status">${t("board.connecting")}</div>`;
  setZone(live.board.site.timezone);
  if (about && explain) {
    const key = about;
    about = null;
    queueMicrotask(() => explain.open(key, figureLink(live.board, key)));
  }
  const moment = wanted === null ? null : momentOf(wanted, zonedEpoch);
  wanted = null;
  if (moment !== null) queueMicrotask(() => look(moment));
  if (past && !past.board) return html`<${Bar} page="board" /><${PastBar} past=${past} leave=${leave} /><div class="empty" role="status">${t(past.trouble || "rewind.loading")}</div>`;
  const then = past ? { board: past.board, at: past.board.as_of, state: "past" } : null;
  const shown = then ?? live;
  const now = then ? then.at : boardNow(live);
  const board = shown.board;
  document.title = `${then ? `↺ ${t("rewind.title")} · ` : ""}${board.site.name} · Dialwatch`;
  const ranking = steady(board.ranking, now);
  const begin = !past ? () => look(boardNow(live) - 900) : null;
  if (!tv) return html`<${Desk} live=${shown} now=${now} ranking=${ranking} past=${past} look=${begin} leave=${leave} explain=${explain} onTv=${() => setTv(true)} redraw=${draw} />`;
  const page = rotation.page(() => pagesOf(board, ranking, now), performance.now() / 1000);
  return html`<${Wall} live=${live} now=${now} page=${page} ranking=${ranking} number=${rotation.index + 1} of=${rotation.pages.length} onLeave=${() => setTv(false)} />`;
}

const draw = mount(view);
document.documentElement.classList.toggle("tv", tv);
/** For who may see calls: an explanation names them. */
const explain = me.may.includes("see_calls") ? explainer(draw) : null;
let waiting = false;
let rested = 0;
connect((fresh) => {
  live = fresh;
  if (live.board) hear(live.board.alerts);
  if (waiting || past) return;
  waiting = true;
  // A slow TV box draws less often, so that it still takes in what it is told.
  setTimeout(() => requestAnimationFrame(() => {
    waiting = false;
    const begun = performance.now();
    draw();
    rested = performance.now() + 2 * (performance.now() - begun);
  }), Math.max(0, rested - performance.now()));
});

// OLED screens: the wall moves a few pixels in an hour.
setInterval(() => {
  const step = Math.floor(Date.now() / 300000) % 8;
  document.body.style.transform = tv ? `translate(${(step % 4) - 2}px, ${Math.floor(step / 4) - 1}px)` : "";
}, 60000);

addEventListener("keydown", (event) => {
  const typing = (event.target instanceof HTMLInputElement && event.target.type !== "range") || event.target instanceof HTMLSelectElement;
  const plain = !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (past && live?.board) {
    if (plain) pastKey(event);
    return;
  }
  if (plain && event.key === "f") setTv(!tv);
  if (plain && event.key === "r" && !tv && live?.board) look(boardNow(live) - 900);
  if (event.key === "Escape" && tv) setTv(false);
  // Whoever stands at the TV turns its pages by hand.
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (tv && live?.board && step) {
    const board = live.board;
    rotation.turn(() => pagesOf(board, steady(board.ranking, boardNow(live)), boardNow(live)), performance.now() / 1000, step);
    draw();
  }
});

/** Space plays, arrows go a minute (with Shift ten), Escape leads back to what is live. @param {KeyboardEvent} event */
function pastKey(event) {
  if (!past) return;
  const here = /** @type {HTMLElement} */ (event.target);
  const step = { ArrowRight: 60, ArrowLeft: -60 }[event.key];
  if (event.key === "Escape") leave();
  else if (event.key === " " && !(here instanceof HTMLButtonElement) && !(here instanceof HTMLAnchorElement)) past.toggle();
  else if (step && !here.closest(".tile, input")) past.go(past.at + step * (event.shiftKey ? 10 : 1));
  else return;
  event.preventDefault();
}
