// The bar of 回放: where on the day one is, what time it is there, how fast it goes; and that this is not live.
import { clock, clockSeconds, dateTime, dayName, dayStart, dayText } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { onDay, SPEEDS } from "./past.js";

const STEP_SECONDS = 30;

/** @param {{past: any, leave: () => void}} props */
export function PastBar({ past, leave }) {
  const { span, at } = past;
  const now = past.now();
  const share = (/** @type {number} */ instant) => `${Math.max(0, Math.min(100, ((instant - span.from) / (span.to - span.from || 1)) * 100))}%`;
  const deadlines = past.board?.deadlines ?? [];
  const state = past.trouble ? t(past.trouble) : past.loading ? t("rewind.loading") : past.playing ? t("rewind.playing", { n: past.speed }) : "";
  return html`<section class="past" aria-label=${t("rewind.title")}>
    <div class="past-words"><strong><span class="past-mark" aria-hidden="true">↺</span> ${t("rewind.title")} · <span class="nowrap">${dayName(at)}</span> <span class="past-clock">${clockSeconds(at)}</span></strong>
      <span>${t("rewind.not_live")}</span><span class=${past.trouble ? "bad" : "muted"} role="status">${state}</span>
      <button type="button" class="primary past-leave" onClick=${leave}>${t("rewind.leave")}</button></div>
    <div class="past-tools">
      <button type="button" class="primary" aria-pressed=${past.playing} title=${t("rewind.space")} onClick=${() => past.toggle()}>${past.playing ? `❚❚ ${t("rewind.pause")}` : `▶ ${t("rewind.play")}`}</button>
      <label><span class="visually-hidden">${t("rewind.speed")}</span><select onChange=${(/** @type {any} */ e) => past.hasten(Number(e.target.value))}>${SPEEDS.map((n) => html`<option value=${n} selected=${n === past.speed}>${t("rewind.times", { n })}</option>`)}</select></label>
      <button type="button" onClick=${() => past.go(at - 300)} aria-label=${t("rewind.back", { n: 5 })}>−5 ${t("rewind.min")}</button>
      <button type="button" onClick=${() => past.go(at + 300)} aria-label=${t("rewind.on", { n: 5 })}>+5 ${t("rewind.min")}</button>
      <input type="date" aria-label=${t("rewind.day")} value=${dayText(at)} max=${dayText(now)} onChange=${(/** @type {any} */ e) => e.target.value && past.go(onDay(at, e.target.value))} />
      <input type="time" step="1" aria-label=${t("rewind.time")} value=${clockSeconds(at)} onChange=${(/** @type {any} */ e) => e.target.value && past.go(dayStart(dayText(at)) + seconds(e.target.value))} />
      ${deadlines.map((/** @type {any} */ d) => html`<button type="button" class="past-jump" key=${`${d.shift} ${d.dial_by_at}`} disabled=${d.dial_by_at > now} onClick=${() => past.go(d.dial_by_at)}>${d.name} ${clock(d.dial_by_at)}</button>`)}
    </div>
    <div class="past-line">
      <div class="past-marks" aria-hidden="true">${deadlines.map((/** @type {any} */ d) => html`<i class="shift" title=${`${d.name} ${clock(d.starts_at)}–${clock(d.ends_at)}`} style=${{ left: share(d.starts_at), right: `calc(100% - ${share(d.ends_at)})` }}></i><i class="by" style=${{ left: share(d.dial_by_at) }}></i>`)}${(past.board?.gaps ?? []).map((/** @type {any} */ g) => html`<i class="hole hatched" style=${{ left: share(g.from), right: `calc(100% - ${share(g.to ?? at)})` }}></i>`)}${now < span.to ? html`<i class="ahead" title=${t("rewind.ahead")} style=${{ left: share(now), right: "0" }}></i>` : null}</div>
      <input type="range" min=${span.from} max=${span.to} step=${STEP_SECONDS} value=${at} aria-label=${t("rewind.slider")} aria-valuetext=${dateTime(at)} onInput=${(/** @type {any} */ e) => past.go(Number(e.target.value))} />
      <div class="past-ticks" aria-hidden="true">${hours(span).map((hour) => html`<span style=${{ left: share(hour) }}>${clock(hour)}</span>`)}</div>
    </div>
  </section>`;
}

/** @param {string} text HH:MM or HH:MM:SS */
const seconds = (text) => text.split(":").map(Number).reduce((sum, part, i) => sum + part * [3600, 60, 1][i], 0);

/** Whole hours inside the span, as many as fit beside each other. @param {{from: number, to: number}} span */
function hours(span) {
  const step = span.to - span.from > 8 * 3600 ? 7200 : 3600;
  const found = [];
  const begin = dayStart(dayText(span.from));
  for (let at = begin + Math.ceil((span.from - begin) / step) * step; at <= span.to; at += step) found.push(at);
  return found;
}
