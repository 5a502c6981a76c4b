// Cases of a rule: whom it is about, why it is one, and its calls.
import { clockSeconds, count, dateTime, dayText, duration } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";
import { person } from "./missed.js";

/** A stretch of minutes in its own unit. @param {number} minutes */
function within(minutes) {
  const [unit, size] = minutes > 1440 ? ["days", 1440] : minutes > 60 ? ["hours", 60] : ["minutes", 1];
  return t(`watch.within.${unit}`, { n: minutes / Number(size) });
}

/** Why a case is one: rule, threshold, figures. @param {any} each */
function why(each) {
  const shown = Object.fromEntries(Object.entries(each.figures).map(([key, value]) => [key, typeof value === "number" ? count(value) : value ?? "—"]));
  return t(`watch.why.${each.rule}`, { ...shown, within: each.figures.minutes ? within(each.figures.minutes) : "" });
}

/** @param {{each: any}} props */
function Calls({ each }) {
  return html`<ul class="cases-of">${each.calls.map((/** @type {any} */ call) => html`<li key=${call.call_id}><a href=${`/calls/${call.call_id}`}>${dateTime(call.started_at)}</a>
      <span class=${call.marked && each.count > each.calls.filter((/** @type {any} */ c) => c.marked).length ? "marked" : ""}>${person(call.who)}</span><span class="muted">${call.outcome ? t(`outcome.${call.outcome}`) : t("live.true")}${call.talk_seconds ? ` ${duration(call.talk_seconds)}` : ""}</span></li>`)}</ul>
    ${each.count > each.calls.length ? html`<p class="muted small pad">${t("watch.last_calls", { n: each.calls.length })}</p>` : null}`;
}

/** @param {{each: any, shown: boolean, toggle: (id: string) => void}} props */
function Case({ each, shown, toggle }) {
  const oneDay = dayText(each.first_at) === dayText(each.last_at);
  return html`<tr class="account" onClick=${(/** @type {MouseEvent} */ e) => { if (!(e.target instanceof HTMLAnchorElement)) toggle(each.id); }}>
      <td><button type="button" class="plain" aria-expanded=${shown ? "true" : "false"}>${shown ? "▾" : "▸"} <span class=${`rule r-${each.rule}`}>${t(`watch.rule.${each.rule}`)}</span></button></td>
      <td>${each.number ?? ""}</td><td class="words">${each.agents.map(person).join(" · ")}</td>
      <td class="why">${why(each)}</td>
      <td>${dateTime(each.first_at).slice(0, -3)}${each.count > 1 && each.last_at !== each.first_at ? ` – ${oneDay ? clockSeconds(each.last_at).slice(0, -3) : dateTime(each.last_at).slice(0, -3)}` : ""}</td>
      <td class="num">${count(each.count)}</td><td><a class="button small" href=${`/calls/?${each.link}`}>${t("watch.calls")}</a></td></tr>
    ${shown ? html`<tr class="cases"><td colspan="7" class="all"><${Calls} each=${each} /></td></tr>` : null}`;
}

/** @param {{kind: string, page: any, open: Set<string>, toggle: (id: string) => void}} props */
export function Cases({ kind, page, open, toggle }) {
  return html`<p class="muted small">${t(`watch.about.${kind}`)}</p>
    ${page.off.length ? html`<p class="notice">${t("watch.off", { rules: page.off.map((/** @type {string} */ rule) => t(`watch.rule.${rule}`)).join("、") })}</p>` : null}
    ${page.no_secret ? html`<p class="notice act" role="alert">${t("watch.no_secret")}</p>` : null}
    <div class="panel scroller"><table class="folds"><thead><tr>${["rule", "number", "agents", "why", "when"].map((c) => html`<th>${t(`watch.column.${c}`)}</th>`)}<th class="num">${t("watch.column.calls")}</th><th></th></tr></thead>
      <tbody>${page.cases.map((/** @type {any} */ each) => html`<${Case} key=${each.id} each=${each} shown=${open.has(each.id)} toggle=${toggle} />`)}</tbody></table>
      ${page.cases.length ? null : html`<p class="empty">${t("watch.none")}</p>`}
      ${page.total > page.cases.length ? html`<p class="muted pad">${t("watch.more", { n: page.cases.length, total: count(page.total) })}</p>` : null}</div>`;
}
