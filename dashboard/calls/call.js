// One call tells its story: a time line, its legs, its recording, and what is uncertain about it.
import { clockSeconds, dateTime, duration, inWords, NONE, percent, setZone } from "../common/format.js";
import { applyTheme, Bar, html, mount, request, whoami } from "../common/ui.js";
import { loadWords, t } from "../common/words.js";

applyTheme();
const me = await whoami();
await loadWords(me.language);
const id = decodeURIComponent(location.pathname.replace(/^\/calls\//, ""));
setZone(me.timezone);
/** @type {any} */ let call = null;
let state = "loading";

async function load() {
  const response = await request(`/api/calls/${id}`);
  state = response.ok ? "ready" : response.status === 404 ? "missing" : "error";
  if (response.ok) call = await response.json();
  draw();
  if (call && call.ended_at == null) setTimeout(load, 2000);
}

/** @param {number | null} cause */
const causeWords = (cause) => (cause == null ? "" : `${t(`cause.${cause}`) === `cause.${cause}` ? t("cause.other") : t(`cause.${cause}`)} (${cause})`);
const who = (/** @type {any} */ part) => `${part.agent}${part.agent_name ? ` ${part.agent_name}` : ""}`;

/** What the colours of the time line mean. */
const KEYS = [["dial", "story.dialing"], ["ring", "story.ringing"], ["talk", "story.talk"], ["hold", "story.hold"], ["blind", "story.blind"]];

function TimeLine() {
  const start = call.started_at;
  const end = Math.max(call.ended_at ?? me.now, start + 1);
  const x = (/** @type {number} */ at) => Math.max(0, Math.min(100, ((at - start) / (end - start)) * 100));
  const span = (/** @type {string} */ kind, /** @type {number} */ a, /** @type {number | null} */ b, /** @type {string} */ words) => ({ kind, left: x(a), width: Math.max(0.4, x(b ?? end) - x(a)), words, seconds: (b ?? end) - a });
  const lanes = [
    [t("story.dialing"), [span("dial", start, call.ringing_at ?? call.answered_at ?? call.ended_at, t("story.dialing")), ...(call.ringing_at != null ? [span("ring", call.ringing_at, call.answered_at ?? call.ended_at, t("story.ringing"))] : [])]],
    ...groups(call.segments).map(([name, parts]) => [name, parts.map((/** @type {any} */ s) => span("talk", s.started_at, s.ended_at, t("story.talk")))]),
    ...(call.holds.length ? [[t("story.hold"), call.holds.map((/** @type {any} */ s) => span("hold", s.started_at, s.ended_at, t("story.hold")))]] : []),
    ...(call.gaps.length ? [[t("story.blind"), call.gaps.map((/** @type {any} */ g) => span("blind", Math.max(g.started_at, start), g.ended_at == null ? end : Math.min(g.ended_at, end), t("story.blind")))]] : []),
  ];
  return html`<div class="timeline panel" role="img" aria-label=${steps().map((s) => s.words).join("; ")}>
    ${lanes.map(([name, spans]) => html`<div class="lane"><span>${name}</span><div>${spans.map((/** @type {any} */ s) => html`<i class=${`k-${s.kind}`} style=${{ left: `${s.left}%`, width: `${s.width}%` }} title=${`${s.words} ${inWords(s.seconds)}`}>${s.width > 12 ? duration(s.seconds) : ""}</i>`)}${call.transfers.map((/** @type {any} */ f) => html`<b style=${{ left: `${x(f.at)}%` }} title=${t(`transfer.${f.kind}`, { to: f.to ?? "" })}></b>`)}</div></div>`)}
    <div class="lane axis"><span></span><div><em>${clockSeconds(start)}</em><span class="keys-of">${KEYS.filter(([kind]) => lanes.some(([, spans]) => spans.some((/** @type {any} */ s) => s.kind === kind))).map(([kind, key]) => html`<span><i class=${`k-${kind}`}></i>${t(key)}</span>`)}</span><em>${call.ended_at == null ? t("story.now") : clockSeconds(end)}</em></div></div>
  </div>`;
}

/** @param {any[]} segments @returns {[string, any[]][]} */
function groups(segments) {
  const found = new Map();
  for (const s of segments) found.set(who(s), [...(found.get(who(s)) ?? []), s]);
  return [...found];
}

/** The story in words, in order of time. */
function steps() {
  /** @type {{at: number, words: string}[]} */
  const found = [{ at: call.started_at, words: t(`story.begin.${call.direction}`, { agent: call.agent ? who(call) : t("story.nobody"), number: call.number ?? t("story.unknown_number"), trunk: call.trunk ?? NONE }) }];
  if (call.ringing_at != null) found.push({ at: call.ringing_at, words: t("story.rang", { after: inWords(call.ringing_at - call.started_at) }) });
  for (const leg of call.legs) if (leg.role === "far" && leg.dial_status && leg.dial_status !== "ANSWER" && call.legs.filter((/** @type {any} */ l) => l.role === "far").length > 1) found.push({ at: leg.ended_at ?? leg.started_at, words: t("story.leg_failed", { endpoint: leg.endpoint, cause: causeWords(leg.cause) }) });
  if (call.answered_at != null) found.push({ at: call.answered_at, words: t("story.answered") });
  for (const h of call.holds) { found.push({ at: h.started_at, words: t("story.held", { agent: who(h) }) }); if (h.ended_at != null) found.push({ at: h.ended_at, words: t("story.resumed") }); }
  for (const f of call.transfers) found.push({ at: f.at, words: t(`transfer.${f.kind}`, { by: f.by ?? "", to: f.to ?? "" }) });
  call.segments.slice(1).forEach((/** @type {any} */ s) => found.push({ at: s.started_at, words: t("story.joined", { agent: who(s) }) }));
  if (call.ended_at != null) found.push({ at: call.ended_at, words: t("story.ended", { by: t(`hangup_by.${call.hangup_by}`), cause: causeWords(call.hangup_cause) }) });
  return found.sort((a, b) => a.at - b.at);
}

function Recording() {
  const r = call.recording;
  if (!r || r.state === "none") return html`<p class="muted">${t("recording.none")}</p>`;
  if (r.state !== "present" || !r.url) return html`<p class="muted">${t(`recording.${r.state}`)}${r.why ? ` (${t(`recording.why.${r.why}`)})` : ""}</p>`;
  return html`<audio controls preload="metadata" src=${r.url}></audio>`;
}

function Doubts() {
  const found = [...(call.complete ? [] : [t("doubt.incomplete")]), ...call.notes.map((/** @type {string} */ n) => t(`note.${n}`)), ...call.gaps.map((/** @type {any} */ g) => t("doubt.gap", { from: clockSeconds(g.started_at), to: g.ended_at == null ? t("story.now") : clockSeconds(g.ended_at) }))];
  return found.length ? html`<ul class="doubts">${found.map((w) => html`<li>${w}</li>`)}</ul>` : html`<p class="muted">${t("doubt.none")}</p>`;
}

function view() {
  if (state === "missing") return html`<${Bar} page="calls" /><div class="empty"><p class="headline">${t("call.missing")}</p><a class="button" href="/calls/">${t("call.back")}</a></div>`;
  if (state === "error") return html`<${Bar} page="calls" /><div class="empty" role="alert">${t("calls.error")} <button type="button" onClick=${load}>${t("calls.retry")}</button></div>`;
  if (!call) return html`<${Bar} page="calls" /><div class="empty" role="status">${t("calls.loading")}</div>`;
  document.title = `${call.number ?? ""} · Dialwatch`;
  const facts = /** @type {[string, any][]} */ ([
    ["column.started_at", dateTime(call.started_at)], ["column.agent", call.agent ? who(call) : NONE], ["column.number", call.number ?? NONE], ["call.dialed", call.dialed ?? NONE], ["column.trunk", call.trunk ?? NONE],
    ...(call.queue ? [["call.queue", call.queue]] : []), ["metric.ring_seconds", inWords(call.ring_seconds)], ["metric.talk_seconds", call.answered_at == null ? NONE : inWords(call.talk_seconds)], ["call.hold", call.hold_seconds ? inWords(call.hold_seconds) : NONE],
    ["column.hangup_by", call.ended_at == null ? NONE : `${t(`hangup_by.${call.hangup_by}`)} · ${causeWords(call.hangup_cause)}`],
  ]);
  const v = call.voice;
  return html`<${Bar} page="calls" />
  <main class="call" id="main">
    <p><a href="/calls/" onClick=${(/** @type {Event} */ e) => { if (history.length > 1 && document.referrer.includes("/calls/")) { e.preventDefault(); history.back(); } }}>← ${t("call.back")}</a></p>
    <header><h1>${t(`direction.${call.direction}`)} · ${call.agent ? who(call) : t("story.nobody")} ${call.direction === "inbound" ? "←" : "→"} ${call.number ?? NONE}</h1>
      <span class=${`outcome big o-${call.outcome ?? `live p-${call.phase}`}`}>${call.outcome ? t(`outcome.${call.outcome}`) : t(`phase.${call.phase}`)}</span>${call.click_to_dial ? html`<span class="chip">${t("call.click_to_dial")}</span>` : null}${call.complete ? null : html`<span class="chip warn">${t("call.incomplete")}</span>`}</header>
    <${TimeLine} />
    <div class="columns">
      <section class="panel pad"><h2>${t("call.story")}</h2><ol class="story">${steps().map((s) => html`<li><time>${clockSeconds(s.at)}</time><span>${s.words}</span></li>`)}</ol></section>
      <section class="panel pad"><h2>${t("call.facts")}</h2><dl>${facts.map(([key, value]) => html`<div><dt>${t(key)}</dt><dd>${value}</dd></div>`)}</dl></section>
      <section class="panel pad"><h2>${t("call.recording")}</h2><${Recording} />
        <h2>${t("call.voice")}</h2>${v ? html`<dl><div><dt>${t("metric.mos")}</dt><dd>${v.mos ?? NONE}</dd></div><div><dt>${t("voice.loss")}</dt><dd>${v.loss_percent == null ? NONE : percent(v.loss_percent / 100)}</dd></div><div><dt>${t("voice.jitter")}</dt><dd>${v.jitter_ms ?? NONE} ms</dd></div><div><dt>${t("voice.rtt")}</dt><dd>${v.rtt_ms ?? NONE} ms</dd></div></dl>` : html`<p class="muted">${t("voice.none")}</p>`}
        <h2>${t("call.doubts")}</h2><${Doubts} /></section>
    </div>
    <section class="panel scroller"><h2 class="pad">${t("call.legs")}</h2><table class="dense"><thead><tr>${["role", "endpoint", "started", "rang", "answered", "ended", "status", "cause"].map((c) => html`<th>${t(`leg.${c}`)}</th>`)}</tr></thead>
      <tbody>${call.legs.map((/** @type {any} */ l) => html`<tr><td>${t(`role.${l.role}`)}</td><td title=${l.channel}>${l.endpoint}</td><td>${clockSeconds(l.started_at)}</td><td>${clockSeconds(l.ringing_at)}</td><td>${clockSeconds(l.answered_at)}</td><td>${clockSeconds(l.ended_at)}</td><td>${l.dial_status ?? NONE}</td><td>${causeWords(l.cause)}${l.tech_cause ? ` · SIP ${l.tech_cause}` : ""}</td></tr>`)}</tbody></table></section>
    <p class="muted small">${call.id}</p>
  </main>`;
}

const draw = mount(view);
load();
