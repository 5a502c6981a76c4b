// Missed inbound: sums of the site and by team, then call by call, with who called back and how long it took.
import { count, dateTime, inWords } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";

/** An extension with its person; of somebody else's team nothing is told. @param {any} who */
export const person = (who) => (who ? `${who.extension} ${who.name ?? ""}` : t("watch.other_team"));

/** @param {any} row */
const state = (row) => (!row.callable ? "no_number" : !row.back ? "open" : row.back.direction === "inbound" ? "called_again" : "called_back");

/** The calls page with all calls of the number. @param {any} row @param {number} to */
const link = (row, to) => `/calls/?${new URLSearchParams({ from: String(row.started_at), to: String(to), same: row.call_id })}`;

/** @param {{sums: any}} props */
function Sums({ sums }) {
  /** @type {[string, string, string][]} */ const rows = [
    ["missed", count(sums.missed), ""],
    ["open", count(sums.open), sums.open ? "act" : ""],
    ["called_back", count(sums.called_back), ""],
    ["reached", count(sums.reached), ""],
    ["no_number", count(sums.no_number), ""],
    ["median", inWords(sums.median_seconds), ""],
    ["longest", inWords(sums.longest_seconds), ""],
  ];
  return html`<dl class="panel pad summary">${rows.map(([key, value, className]) => html`<div><dt>${t(`watch.missed.${key}`)}</dt><dd class=${className}>${value}</dd></div>`)}</dl>`;
}

/** @param {{teams: any[]}} props */
function Teams({ teams }) {
  if (!teams.length) return null;
  const columns = ["missed", "open", "called_back", "reached", "no_number"];
  return html`<div class="panel scroller"><table><thead><tr><th>${t("filter.team")}</th>${[...columns, "median", "longest"].map((c) => html`<th class="num">${t(`watch.missed.${c}`)}</th>`)}</tr></thead>
    <tbody>${teams.map((each) => html`<tr><td>${each.team_name || t("watch.nobodys")}</td>${columns.map((c) => html`<td class="num">${count(each[c])}</td>`)}<td class="num">${inWords(each.median_seconds)}</td><td class="num">${inWords(each.longest_seconds)}</td></tr>`)}</tbody></table></div>`;
}

/** @param {{row: any, now: number, to: number}} props */
function Row({ row, now, to }) {
  const found = state(row);
  const waits = found === "open" && row.ended_at != null ? t("watch.missed.since", { time: inWords(Math.floor((now - row.ended_at) / 60) * 60) }) : "";
  return html`<tr><td><a href=${`/calls/${row.call_id}`}>${dateTime(row.started_at)}</a></td><td>${row.number ?? "—"}</td>
    <td>${row.team_names.join(" ") || t("watch.nobodys")}</td>
    <td class="words small muted">${row.queue ? html`${t("watch.missed.queue", { queue: row.queue })} ` : null}${row.rang.map(person).join(" · ")}</td>
    <td><span class=${`state s-${found}`}>${t(`csv.watch_state.${found}`)}</span> <span class="muted small">${waits}</span></td>
    <td>${row.back ? html`<a href=${`/calls/${row.back.call_id}`}>${dateTime(row.back.started_at)}</a> ${person(row.back.who)}` : null}</td>
    <td class="num">${row.seconds == null ? null : inWords(row.seconds)}</td>
    <td>${row.reached ? html`<a href=${`/calls/${row.reached.call_id}`}>${dateTime(row.reached.started_at)}</a>` : null}</td>
    <td>${row.callable ? html`<a class="button small" href=${link(row, Math.max(to, row.reached?.started_at + 1 || 0, row.back?.started_at + 1 || 0))}>${t("watch.calls")}</a>` : null}</td></tr>`;
}

/** @param {{page: any, now: number, to: number}} props */
export function Missed({ page, now, to }) {
  return html`<p class="muted small">${t("watch.missed.about", { n: page.horizon_days })}</p>
    <${Sums} sums=${page.site} /><${Teams} teams=${page.teams} />
    <div class="panel scroller"><table class="folds"><thead><tr>${["at", "number", "team", "rang", "state", "back", "took", "reached_at"].map((c) => html`<th class=${c === "took" ? "num" : ""}>${t(`watch.missed.${c}`)}</th>`)}<th></th></tr></thead>
      <tbody>${page.rows.map((/** @type {any} */ row) => html`<${Row} key=${row.call_id} row=${row} now=${now} to=${to} />`)}</tbody></table>
      ${page.rows.length ? null : html`<p class="empty">${t("watch.missed.none")}</p>`}</div>`;
}
