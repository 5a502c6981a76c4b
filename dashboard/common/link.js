// The live board: snapshot, deltas, heartbeat; reconnects with backoff and jitter; says when it is stale.

import { request } from "./ui.js";

export const STALE_SECONDS = 5;
/** A socket that says nothing for so long is given up: a cable that was pulled closes nothing. */
const GIVE_UP_SECONDS = 12;
/** The speed of the floor's clock is measured over this much of the past. */
const SPEED_SECONDS = 20;

/**
 * @typedef {{board: any, at: number, heard: number, speed: number, state: "connecting" | "live" | "stale" | "refused"}} Live
 */

/** @param {(live: Live) => void} changed */
export function connect(changed) {
  /** @type {Live} */
  const live = { board: null, at: 0, heard: performance.now(), speed: 1, state: "connecting" };
  let seq = -1;
  let tries = 0;
  /** @type {WebSocket | null} */
  let current = null;
  let opened = 0;
  /** @type {[number, number][]} our clock and the floor's, in seconds */
  let marks = [];

  function open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/board`);
    current = socket;
    opened = performance.now();
    socket.onmessage = (event) => {
      if (socket === current) take(JSON.parse(event.data), socket);
    };
    socket.onclose = (event) => {
      if (socket === current) closed(event.code);
    };
  }

  /** @param {number} code */
  function closed(code) {
    current = null;
    if (code === 4401) leaveIfLoggedOut();
    if (code === 4403 || code === 4405) {
      live.state = "refused";
      changed(live);
    } else {
      setTimeout(open, Math.min(10000, 500 * 2 ** tries++) * (0.5 + Math.random()));
    }
  }

  /** A server whose database is away can't tell whose session holds: a TV must not end on the login page for that. */
  function leaveIfLoggedOut() {
    request("/api/me").catch(() => {});
  }

  /** @param {any} message @param {WebSocket} socket */
  function take(message, socket) {
    live.heard = performance.now();
    const resumed = message.type === "snapshot" && live.state !== "live";
    marks = [...(resumed ? [] : marks.filter(([ours]) => live.heard / 1000 - ours < SPEED_SECONDS)), [live.heard / 1000, message.at]];
    live.speed = speedOf(marks);
    live.at = message.at;
    if (message.type === "snapshot") {
      live.board = message.board;
      seq = message.seq;
      tries = 0;
    } else if (message.seq !== (message.type === "delta" ? seq + 1 : seq)) {
      socket.send(JSON.stringify({ type: "resync" }));
    } else if (message.type === "delta" && live.board) {
      seq = message.seq;
      // At midnight yesterday's rows go, which a delta can't say.
      // Nor can it say who is gone when other people sit on the extensions.
      const site = message.changes.site;
      if (site && (site.date !== live.board.site.date || site.seated !== live.board.site.seated)) socket.send(JSON.stringify({ type: "resync" }));
      merge(live.board, message.changes);
    }
    if (live.board) live.state = "live";
    changed(live);
  }

  setInterval(() => {
    const quiet = performance.now() - Math.max(live.heard, opened);
    if (performance.now() - live.heard > STALE_SECONDS * 1000 && live.state === "live") live.state = "stale";
    if (current && quiet > GIVE_UP_SECONDS * 1000) {
      const given = current;
      closed(1006);
      given.close();
    }
    changed(live);
  }, 1000);
  open();
  return live;
}

/** The board's time now, in epoch seconds: the server's last word plus what has passed here since. It stands while the board is stale. @param {Live} live */
export const boardNow = (live) => live.at + Math.min(STALE_SECONDS, (performance.now() - live.heard) / 1000) * live.speed;

/** Floor seconds per second here: 1, but for a demo that runs faster. @param {[number, number][]} marks */
function speedOf(marks) {
  const [[ours, theirs], [oursNow, theirsNow]] = [marks[0], marks[marks.length - 1]];
  if (oursNow - ours < 3) return 1;
  const speed = (theirsNow - theirs) / (oursNow - ours);
  return Math.abs(speed - 1) < 0.1 ? 1 : Math.max(0, speed);
}

/** Put what changed into a board. @param {any} board @param {any} changes */
export function merge(board, changes) {
  for (const [part, value] of Object.entries(changes)) {
    if (part === "agents" || part === "teams" || part === "trunks") {
      const rows = new Map(value.map((/** @type {any} */ row) => [row.id, row]));
      board[part] = board[part].map((/** @type {any} */ row) => {
        const fresh = rows.get(row.id);
        rows.delete(row.id);
        return fresh ?? row;
      });
      board[part].push(...rows.values());
    } else {
      board[part] = value;
    }
  }
}
