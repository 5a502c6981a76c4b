// The live board: snapshot, deltas, heartbeat; reconnects with backoff and jitter; says when it is stale.

export const STALE_SECONDS = 5;

/**
 * @typedef {{board: any, at: number, heard: number, state: "connecting" | "live" | "stale"}} Live
 */

/** @param {(live: Live) => void} changed */
export function connect(changed) {
  /** @type {Live} */
  const live = { board: null, at: 0, heard: performance.now(), state: "connecting" };
  let seq = -1;
  let tries = 0;

  function open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/board`);
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      live.heard = performance.now();
      live.at = message.at;
      live.state = "live";
      tries = 0;
      if (message.type === "snapshot") {
        live.board = message.board;
        seq = message.seq;
      } else if (message.type === "delta" && live.board) {
        if (message.seq !== seq + 1) {
          socket.send(JSON.stringify({ type: "resync" }));
          return;
        }
        seq = message.seq;
        merge(live.board, message.changes);
      }
      changed(live);
    };
    socket.onclose = (event) => {
      if (event.code === 4401) {
        location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
        return;
      }
      const wait = Math.min(10000, 500 * 2 ** tries++) * (0.5 + Math.random());
      setTimeout(open, wait);
    };
  }

  setInterval(() => {
    const stale = performance.now() - live.heard > STALE_SECONDS * 1000;
    if (stale && live.state !== "stale") live.state = "stale";
    changed(live);
  }, 1000);
  open();
  return live;
}

/** The board's time now, in epoch seconds: the server's last word plus what has passed here since. @param {Live} live @param {number} speed */
export const boardNow = (live, speed = 1) => live.at + ((performance.now() - live.heard) / 1000) * speed;

/** @param {any} board @param {any} changes */
function merge(board, changes) {
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
