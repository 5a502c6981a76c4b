// 回放: the board of a moment that has passed; scrubbed and played. What is shown is never live, and says so.
import { dayStart, dayText, midnight, stampText } from "../common/format.js";
import { merge } from "../common/link.js";
import { request } from "../common/ui.js";

/** Frames a second while it plays, and floor seconds per second: the last but one is a morning in a minute. */
const FRAMES_A_SECOND = 2;
export const SPEEDS = [10, 60, 180, 600];
/** So many frames are asked for at once, and anew when so few are left. */
const CHUNK = 12;
const FEW = 6;
const AROUND_SECONDS = 1800;

export class Past {
  /** @param {number} at @param {() => void} changed @param {() => number} now the floor's clock */
  constructor(at, changed, now) {
    this.changed = changed;
    this.now = now;
    this.at = at;
    /** @type {any} */ this.board = null;
    this.speed = 180;
    this.playing = false;
    this.loading = false;
    /** @type {string} a key of words */
    this.trouble = "";
    this.asked = 0;
    /** @type {any[]} */ this.frames = [];
    /** @type {any} */ this.next = null;
    /** @type {{day: string, from: number, to: number}} */ this.span = { day: "", from: at, to: at };
    this.timer = 0;
    this.go(at);
  }

  /** Show another moment; while one is on its way only the last one asked for is fetched after it. @param {number} at */
  async go(at) {
    this.pause();
    this.at = Math.min(at, this.now());
    if (this.loading) return;
    this.loading = true;
    this.changed();
    let shown = NaN;
    while (shown !== this.at) {
      shown = this.at;
      const told = await this.fetch(`/api/board/at?at=${shown}`);
      if (!told) {
        this.at = this.board?.as_of ?? this.at;
        break;
      }
      this.take(told);
    }
    this.loading = false;
    this.changed();
  }

  /** @param {string} path @returns {Promise<any>} `null` where it failed: `trouble` says why */
  async fetch(path) {
    try {
      const response = await request(path);
      const told = await response.json();
      this.trouble = response.ok ? "" : `error.${told.error}`;
      return response.ok ? told : null;
    } catch {
      this.trouble = "error.unreachable";
      return null;
    }
  }

  /** @param {any} told */
  take(told) {
    this.board = told.board;
    this.board.as_of = told.at;
    this.measure();
  }

  /** The day's part that the slider covers: shifts and calls, and somewhat around. */
  measure() {
    const { site, deadlines, hours } = this.board;
    const begin = dayStart(site.date);
    const end = midnight(begin + 43200, 1);
    const marks = [...deadlines.flatMap((/** @type {any} */ d) => [d.counts_from, d.ends_at]), ...hours.filter((/** @type {any} */ h) => h.dials).flatMap((/** @type {any} */ h) => [h.start, h.start + 3600]), this.at];
    const known = this.span.day === site.date ? [this.span.from, this.span.to] : [];
    const from = Math.max(begin, Math.min(...(deadlines.length ? [] : [begin + 8 * 3600]), ...marks.map((at) => at - AROUND_SECONDS), ...known));
    const to = Math.min(end, Math.max(...(deadlines.length ? [] : [begin + 20 * 3600]), ...marks.map((at) => at + AROUND_SECONDS), ...known));
    this.span = { day: site.date, from: Math.floor(from / 1800) * 1800, to: Math.ceil(to / 1800) * 1800 };
  }

  play() {
    if (this.playing || !this.board) return;
    this.playing = true;
    this.frames = [];
    this.fill();
    this.timer = setInterval(() => this.tick(), 1000 / FRAMES_A_SECOND);
    this.changed();
  }

  pause() {
    this.playing = false;
    clearInterval(this.timer);
    this.asked++;
    this.next = null;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
    this.changed();
  }

  /** @param {number} speed */
  hasten(speed) {
    this.speed = speed;
    if (this.playing) {
      this.pause();
      this.play();
    }
    this.changed();
  }

  /** Fetch what comes after the last frame. */
  async fill() {
    const mine = ++this.asked;
    const step = this.speed / FRAMES_A_SECOND;
    const from = this.frames.length ? this.frames[this.frames.length - 1].at : this.at;
    this.next = this.fetch(`/api/board/play?from=${from}&step=${step}&frames=${CHUNK}`);
    const told = await this.next;
    if (mine !== this.asked) return;
    this.next = null;
    if (!told) {
      this.pause();
    } else {
      // The chunk's own board stands for all frames before it: it is where the last frame had led.
      this.frames.push(...told.frames.map((/** @type {any} */ frame, /** @type {number} */ i) => ({ ...frame, board: i ? null : told.board })));
      if (!told.frames.length) this.frames.push({ at: from, board: told.board, changes: null, last: true });
      else if (told.frames.length < CHUNK) this.frames[this.frames.length - 1].last = true;
    }
    this.changed();
  }

  tick() {
    const frame = this.frames.shift();
    if (frame) {
      if (frame.board) this.board = frame.board;
      if (frame.changes) merge(this.board, frame.changes);
      this.at = frame.at;
      this.board.as_of = frame.at;
      this.measure();
      if (frame.last) this.pause();
    }
    if (this.playing && !this.next && this.frames.length < FEW && !this.frames.some((each) => each.last)) this.fill();
    this.changed();
  }

  /** What stands in the address. */
  get address() {
    return `?at=${stampText(this.at)}`;
  }
}

/** The moment in an address: `2026-11-23T10:15:00` in the site's zone, or epoch seconds. @param {string} text @param {(wall: number) => number} zoned */
export function momentOf(text, zoned) {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  if (!found) return null;
  const [y, m, d, h = 0, min = 0, s = 0] = found.slice(1).map((each) => Number(each ?? 0));
  return zoned(Date.UTC(y, m - 1, d, h, min, s));
}

/** The same time of another day. @param {number} at @param {string} day */
export const onDay = (at, day) => dayStart(day) + (at - dayStart(dayText(at)));
