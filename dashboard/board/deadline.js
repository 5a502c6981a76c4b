// The deadline that matters now: how long until then, who has not begun, who was late.
import { clock, duration } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { begunLink } from "./links.js";
import { byId, earlier, nameOf, nearestDeadline, verdictLink, verdictText } from "./parts.js";

const NAMES = 30;

/** @param {{board: any, now: number}} props */
export function DeadlinePanel({ board, now }) {
  const d = nearestDeadline(board.deadlines, now);
  if (!d) return html`<div class="panel deadline"><span class="label">${t("deadline.none")}</span></div>`;
  const left = d.dial_by_at - now;
  const begins = now >= d.counts_from;
  // Of whom nothing can be said nobody is told as missing: they are counted and named as unsure.
  const missing = d.not_begun.filter((/** @type {string} */ id) => !d.indeterminate.includes(id));
  const urgent = missing.length > 0 && left < 300 && now < d.ends_at;
  const agents = byId(board.agents);
  return html`<div class=${`panel deadline ${urgent ? "urgent" : ""}`}>
    <span class="label">${d.name} · ${t("deadline.by", { time: clock(d.dial_by_at) })}</span>
    <strong>${left > 0 ? duration(left) : t("deadline.passed", { time: duration(-left) })}</strong>
    ${earlier(board, d, now).map((each) => html`<${Begun} key=${each.shift} deadline=${each} agents=${agents} named=${true} />`)}
    ${begins ? html`<${Begun} key=${d.shift} deadline=${d} agents=${agents} named=${false} />` : null}
    ${begins && missing.length
      ? html`<ul class="names" aria-label=${t("deadline.not_begun")}>${missing.slice(0, NAMES).map((/** @type {string} */ id) => html`<li key=${id}><a href=${begunLink(d, id)}>${nameOf(agents.get(id) ?? { extension: id })}</a></li>`)}${missing.length > NAMES ? html`<li class="muted">+${missing.length - NAMES}</li>` : null}</ul>`
      : null}
  </div>`;
}

/** How many have begun; who was late, unsure or excused opens below, each with the day. @param {{deadline: any, agents: Map<string, any>, named: boolean}} props */
function Begun({ deadline, agents, named }) {
  const { late, indeterminate, excused } = deadline;
  const words = [
    `${named ? `${deadline.name} ` : ""}${t("deadline.begun", { begun: deadline.begun, expected: deadline.expected })}`,
    ...(late.length ? [t("deadline.late", { n: late.length })] : []),
    ...(indeterminate.length ? [t("deadline.indeterminate", { n: indeterminate.length })] : []),
    ...(excused.length ? [t("deadline.excused", { n: excused.length })] : []),
  ].join(" · ");
  if (!late.length && !indeterminate.length && !excused.length) return html`<span class="begun">${words}</span>`;
  return html`<details class="begun"><summary>${words}</summary><ul class="names">${[...late, ...indeterminate, ...excused].map((/** @type {string} */ id) => {
    const agent = agents.get(id) ?? { extension: id, first_dials: [] };
    const first = agent.first_dials.find((/** @type {any} */ f) => f.shift === deadline.shift && f.day === deadline.day);
    return html`<li key=${id}><a href=${first ? verdictLink(first) : begunLink(deadline, id)}>${nameOf(agent)} ${first ? verdictText(first) : ""}</a></li>`;
  })}</ul></details>`;
}
