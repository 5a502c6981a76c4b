// Which pages the wall has, and in which order and for how long they are seen.
import { needPerson, notBegun } from "./attention.js";

const GLANCE_SECONDS = 12;
/** Everybody always stands at the same place of the same page: a look at one's own page needs less. */
const FLOOR_SECONDS = 6;
/** Tiles of a page: large ones for a small floor, else small ones that still keep to 42 px. */
const LARGE = 12;
const SMALL = 28;
const URGENT = 24;
/** With more pages of large tiles than so many the round takes too long. */
const LARGE_PAGES = 5;
const TEAMS = 8;
const RANKS = 8;
/** Names beside the site's figures; those who do not fit have pages of their own. */
export const NAMES = 20;
const MORE_NAMES = 50;

/** @typedef {{kind: string, key: string, seconds: number, [more: string]: any}} Page */

/** @param {any[]} all @param {number} size @returns {any[][]} */
const slices = (all, size) => Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

/** What is wrong first, how it goes next, then who. @param {any} board @param {any[]} ranking @param {number} now @returns {Page[]} */
export function pagesOf(board, ranking, now) {
  /** @type {Page[]} */
  const pages = [{ kind: "site", key: "site", seconds: GLANCE_SECONDS }];
  /** @param {string} kind @param {any[][]} parts @param {number} seconds */
  const add = (kind, parts, seconds) => parts.forEach((part, i) => pages.push({ kind, key: `${kind}/${i}`, part, seconds }));
  add("names", slices(notBegun(board, now).slice(NAMES), MORE_NAMES), FLOOR_SECONDS);
  add("attention", slices(needPerson(board, now), URGENT), GLANCE_SECONDS);
  const teams = board.teams.filter((/** @type {any} */ team) => team.agents);
  const members = teams.map((/** @type {any} */ team) => ({ team: team.id, agents: board.agents.filter((/** @type {any} */ a) => a.team === team.id).map((/** @type {any} */ a) => a.id) }));
  const large = members.flatMap((/** @type {any} */ { team, agents }) => slices(agents, LARGE).map((part) => ({ team, agents: part })));
  if (large.length <= LARGE_PAGES) add("team", large, GLANCE_SECONDS);
  else {
    const ids = teams.map((/** @type {any} */ team) => team.id);
    if (ids.length <= TEAMS) add("teams", [ids], GLANCE_SECONDS);
    else add("heads", slices(ids.map((/** @type {string} */ head) => ({ head })), SMALL), GLANCE_SECONDS);
    add("floor", cells(members), FLOOR_SECONDS);
  }
  if (ranking.length) pages.push({ kind: "ranking", key: "ranking", part: ranking.slice(0, RANKS).map((r) => r.id), seconds: GLANCE_SECONDS });
  return pages;
}

/** Small tiles, teams one after the other, each behind its head; a head comes again on the page after. @param {{team: string, agents: string[]}[]} members */
function cells(members) {
  /** @type {{head?: string, agent?: string}[][]} */
  const found = [[]];
  for (const { team, agents } of members) {
    agents.forEach((agent, i) => {
      let page = found[found.length - 1];
      if (page.length >= SMALL - (i ? 0 : 1)) found.push((page = []));
      if (!i || !page.length) page.push({ head: team });
      page.push({ agent });
    });
  }
  return found.filter((page) => page.length);
}

/** Turns the pages: what they hold is decided when one turns, so that nothing jumps while it is looked at. */
export class Rotation {
  /** @type {Page[]} */ pages = [];
  index = 0;
  /** Seconds on the browser's clock. */
  until = 0;

  /** @param {() => Page[]} build @param {number} seconds the browser's clock */
  page(build, seconds) {
    if (seconds >= this.until) this.turn(build, seconds, 1);
    return this.pages[this.index];
  }

  /** @param {() => Page[]} build @param {number} seconds @param {number} step */
  turn(build, seconds, step) {
    const key = this.pages[this.index]?.key;
    this.pages = build();
    const here = key == null ? -1 : this.pages.findIndex((page) => page.key === key);
    const from = here >= 0 || key == null ? here : Math.min(this.index, this.pages.length) - 1;
    this.index = (from + step + this.pages.length) % this.pages.length;
    this.until = seconds + this.pages[this.index].seconds;
  }
}
