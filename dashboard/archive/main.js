// The archive of reports that were sent: what goes out by itself, what was sent to whom, and whether it still holds.
import { ask, attempts, Said, start } from "../common/discipline.js";
import { count, dateTime, duration, percent } from "../common/format.js";
import { message } from "../common/message.js";
import { Bar, html, mount } from "../common/ui.js";
import { language, t } from "../common/words.js";

const GLYPH = /** @type {Record<string, string>} */ ({ waiting: "◔", sending: "↗", sent: "✓", given_up: "✕", dropped: "✕", uncertain: "?" });
/** The server stops counting differences here. */
const MOST_DIFFERENCES = 500;
const REFRESH_SECONDS = 15;

await start();
/** @type {any} */ let archive = null;
/** @type {any[]} */ let earlier = [];
/** @type {any} */ let opened = null;
let open = Number(new URLSearchParams(location.search).get("id")) || 0;
let failed = false;
const { said, attempt } = attempts(() => draw());

async function load() {
  try {
    archive = await ask("/api/archive");
    failed = false;
  } catch {
    failed = true;
  }
  draw();
}

async function more() {
  const rows = [...archive.sent, ...earlier];
  const page = await ask(`/api/archive?before=${rows[rows.length - 1].id}`);
  earlier = [...earlier, ...page.sent];
  archive.more = page.more;
  draw();
}

/** @param {number} id */
async function show(id) {
  open = open === id ? 0 : id;
  opened = null;
  history.replaceState(null, "", open ? `?id=${open}` : location.pathname);
  draw();
  if (open) await attempt(async () => { opened = await ask(`/api/archive/${id}`); await load(); });
}

/** @param {any} plan */
function days(plan) {
  if (plan.month_day != null) return plan.month_day < 0 ? t("archive.days.month_last") : t("archive.days.month", { n: plan.month_day });
  if (typeof plan.days === "string") return t(`archive.days.${plan.days}`);
  return t("archive.days.weekly", { days: plan.days.map((/** @type {number} */ day) => t(`weekday.${day}`)).join(language() === "en" ? ", " : "、") });
}

/** @param {any} of @param {any} value */
function figure(of, value) {
  if (value == null) return "—";
  if (of === "share") return percent(value);
  if (of === "seconds") return duration(value);
  if (of === "clock") return dateTime(value);
  return typeof value === "number" ? count(Math.round(value * 10) / 10) : value;
}

const now = (/** @type {string} */ name) => attempt(async () => { await ask("/api/archive/send", { name }); said.done = t("archive.sent_now"); await load(); });

function Plan() {
  if (!archive.planned.length) return html`<p class="muted">${t("archive.no_plan")}</p>`;
  return html`<div class="scroller"><table><thead><tr>${["name", "report", "when", "next", "channels", "file"].map((key) => html`<th>${t(`archive.${key}`)}</th>`)}<th></th></tr></thead>
    <tbody>${archive.planned.map((/** @type {any} */ each) => html`<tr key=${each.name}><td><b>${each.name}</b></td><td>${t(`report.kind.${each.report}`)}${each.team ? html` <span class="muted">${each.team}</span>` : null}</td><td>${days(each)} ${each.at}</td><td>${each.next_at == null ? "—" : dateTime(each.next_at)}</td><td>${each.channels.join(" ")}</td><td>${each.format.toUpperCase()} <span class="muted">${t(each.attach ? "archive.attach" : "archive.link")}</span></td>
      <td>${archive.may_send ? html`<button type="button" class="small" onClick=${() => now(each.name)}>${t("archive.send_now")}</button>` : null}</td></tr>`)}</tbody></table></div>`;
}

/** @param {{row: any}} props */
function State({ row }) {
  if (row.checked_at == null) return html`<span class="state quiet">${t("archive.unchecked")}</span>`;
  if (!row.changes) return html`<span class="state held">✓ ${t("archive.holds")}</span>`;
  const words = t(row.changes >= MOST_DIFFERENCES ? "archive.changed_more" : "archive.changed", { n: row.changes });
  return row.running ? html`<span class="state quiet" title=${t("archive.goes_on")}>→ ${words}</span>` : html`<span class="state changed">⚠ ${words}</span>`;
}

/** @param {{each: any}} props */
const Delivered = ({ each }) => html`<span class=${`outcome d-${each.state}`} title=${each.last_error}>${GLYPH[each.state]} ${each.channel}</span>`;

/** @param {any} row */
function again(row) {
  return (/** @type {any} */ event) => {
    event.preventDefault();
    const channel = new FormData(event.target).get("channel");
    attempt(async () => { await ask(`/api/archive/${row.id}/resend`, { channels: [channel] }); opened = await ask(`/api/archive/${row.id}`); await load(); });
  };
}

/** @param {{row: any}} props */
function Detail({ row }) {
  if (!opened || opened.sent.id !== row.id) return html`<p class="muted" role="status">${t("archive.loading")}</p>`;
  const { sent, differences } = opened;
  const report = new URLSearchParams({ ...(sent.kind === "daily" ? {} : { kind: sent.kind }), date: sent.first, ...(sent.team ? { team: sent.team } : {}) });
  return html`<div class="actions">${sent.size ? html`<a class="button" href=${`/api/archive/${sent.id}/file`} download>${t("archive.download")}</a>` : html`<span class="bad">${t("archive.no_file")}</span>`}
      <a class="button" href=${`/reports/?${report}`}>${t("archive.open")}</a>
      ${archive.channels.length ? html`<form class="actions" onSubmit=${again(sent)}><label>${t("archive.again_to")} <select name="channel">${archive.channels.map((/** @type {string} */ name) => html`<option>${name}</option>`)}</select></label><button type="submit">${t("archive.again")}</button></form>` : null}</div>
    <section><h3>${t("archive.since")}</h3>
      ${sent.running ? html`<p class="muted small">${t("archive.goes_on")}</p>` : null}
      ${!opened.kept ? html`<p class="muted">${t("archive.not_kept")}</p>` : differences.length
        ? html`<p class="muted small">${t("archive.since_why")}</p><div class="scroller differences"><table><thead><tr>${["table", "row", "column"].map((key) => html`<th>${t(`archive.${key}`)}</th>`)}<th class="num">${t("archive.was")}</th><th class="num">${t("archive.now")}</th></tr></thead>
          <tbody>${differences.map((/** @type {any} */ each) => html`<tr><td>${each.table}</td><td>${each.row}</td><td>${each.column}</td><td class="num">${figure(each.of, each.was)}</td><td class="num"><b>${figure(each.of, each.now)}</b></td></tr>`)}</tbody></table></div>`
        : html`<p class="ok">✓ ${t("archive.holds")}</p>`}</section>
    <section><h3>${t("archive.got")}</h3><div class="scroller"><table><tbody>${sent.deliveries.map((/** @type {any} */ each) => html`<tr key=${each.id}><td><${Delivered} each=${each} /></td><td>${t(`delivery.${each.state}`)}</td><td>${dateTime(each.done_at ?? each.created_at)}</td><td class="words muted">${each.last_error}</td></tr>`)}</tbody></table></div></section>
    <section><h3>${t("archive.body")}</h3><pre>${message(opened.body)}</pre></section>
    <section><h3>${t("archive.file")}</h3><p class=${opened.intact ? "small muted" : "bad"}>${opened.intact ? `✓ ${t("archive.intact")}` : `⚠ ${t("archive.not_intact")}`}</p>
      <dl class="facts"><dt>${t("archive.file")}</dt><dd>${sent.file_name} · ${count(sent.size)} B</dd><dt>${t("archive.sha256")}</dt><dd><code>${sent.sha256}</code></dd><dt>${t("archive.fingerprint")}</dt><dd><code>${sent.fingerprint}</code></dd></dl></section>`;
}

function List() {
  const rows = [...archive.sent, ...earlier];
  if (!rows.length) return html`<p class="muted">${t("archive.none")}</p>`;
  return html`<div class="scroller"><table class="list"><thead><tr>${["sent_at", "report", "got", "state"].map((key) => html`<th>${t(`archive.${key}`)}</th>`)}<th></th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.id} class=${open === row.id ? "opened" : ""}>
        <td>${dateTime(row.made_at)}${row.by ? html`<span class="small muted">${t("archive.by", { who: row.by })}</span>` : row.late ? html`<span class="small"><span class="chip warn">${t("archive.late")}</span></span>` : null}</td>
        <td class="words"><b>${row.title}</b><span class="small muted">${row.name} · ${row.size ? row.file_name : t("archive.no_file")}</span></td>
        <td class="outcomes" data-label=${t("archive.got")}>${row.deliveries.map((/** @type {any} */ each) => html`<${Delivered} key=${each.id} each=${each} />`)}</td>
        <td data-label=${t("archive.state")}><${State} row=${row} />${row.checked_at == null ? null : html`<span class="small muted">${t("archive.compared", { time: dateTime(row.checked_at) })}</span>`}</td>
        <td><button type="button" class="small" aria-expanded=${open === row.id} onClick=${() => show(row.id)}>${t(open === row.id ? "archive.close" : "archive.details")}</button></td></tr>
      ${open === row.id ? html`<tr key=${`${row.id}d`} class="detail"><td colspan="5"><${Detail} row=${row} /></td></tr>` : null}`)}</tbody></table></div>
    ${archive.more ? html`<p class="pad"><button type="button" onClick=${more}>${t("archive.more")}</button></p>` : null}`;
}

function view() {
  document.title = `${t("nav.archive")} · Dialwatch`;
  const trouble = failed ? html`<div class="notice act" role="alert">⚠ ${t("archive.error")} <button type="button" onClick=${load}>${t("calls.retry")}</button></div>` : null;
  if (!archive) return html`<${Bar} page="reports" />${trouble ?? html`<div class="empty" role="status">${t("calls.loading")}</div>`}`;
  return html`<${Bar} page="reports" />${trouble}
  <main class="sheet archive" id="main"><${Said} said=${said} />
    <section class="panel pad"><h1>${t("archive.plan")}</h1><${Plan} /></section>
    <section class="panel pad"><h2>${t("archive.list")}</h2><p class="muted small">${t("archive.kept_for", { n: archive.days })}</p><${List} /></section>
  </main>`;
}

const draw = mount(view);
await load();
if (open) {
  const wanted = open;
  open = 0;
  await show(wanted);
}
setInterval(() => {
  if (!document.hidden && !earlier.length) load();
}, REFRESH_SECONDS * 1000);
