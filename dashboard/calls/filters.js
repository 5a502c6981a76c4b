// The filters of the calls page; all of them stand in the address.
import { shortcuts } from "../common/days.js";
import { dayStart, dayText, midnight } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";

const OUTCOMES = ["answered", "no_answer", "busy", "rejected", "cancelled", "invalid_number", "unreachable", "congestion", "unknown", "agent_unanswered"];
/** On a phone the filters would fill the screen: they open at a touch. */
const WIDE = matchMedia("(min-width: 701px)").matches;
/** Choices that are a parameter of their own. @type {Record<string, [string, string]>} */
const ONLY = { dial: ["dial", "true"], connect: ["connect", "true"], incomplete: ["complete", "false"] };

/** @param {{query: URLSearchParams, choices: any, now: number, onChange: (values: Record<string, string>) => void, onClear: () => void}} props */
export function Filters({ query, choices, now, onChange, onClear }) {
  const from = query.get("from");
  const to = query.get("to");
  /** @param {string} key @param {[string, string][]} options @param {string} [value] @param {(wanted: string) => void} [chosen] */
  const select = (key, options, value = query.get(key) ?? "", chosen = (wanted) => onChange({ [key]: wanted })) => html`<label class=${value ? "is-set" : ""}><span>${t(`filter.${key}`)}</span>
    <select value=${value} onChange=${(/** @type {any} */ e) => chosen(e.target.value)}><option value="">${t("filter.all")}</option>${options.map(([each, words]) => html`<option value=${each} selected=${value === each}>${words}</option>`)}</select></label>`;
  const only = Object.keys(ONLY).find((each) => query.get(ONLY[each][0]) === ONLY[each][1]) ?? "";
  const part = query.get("part") === "any" ? "" : query.get("part") ?? "";
  const talk = (/** @type {string} */ key) => html`<input type="number" min="0" aria-label=${t(`filter.${key}`)} value=${query.get(key) ?? ""} onChange=${(/** @type {any} */ e) => onChange({ [key]: e.target.value })} />`;
  return html`<form class="filters" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
    <div class="shortcuts" role="group" aria-label=${t("filter.days")}>${shortcuts(now).map(([key, a, b]) => {
      const days = { from: String(midnight(now, a)), to: String(midnight(now, b)) };
      return html`<button type="button" aria-pressed=${from === days.from && to === days.to} onClick=${() => onChange(days)}>${t(`days.${key}`)}</button>`;
    })}
    <input type="date" aria-label=${t("filter.from")} value=${from ? dayText(Number(from)) : ""} onChange=${(/** @type {any} */ e) => e.target.value && onChange({ from: String(dayStart(e.target.value)) })} />
    <span>–</span>
    <input type="date" aria-label=${t("filter.to")} value=${to ? dayText(Number(to) - 1) : ""} onChange=${(/** @type {any} */ e) => e.target.value && onChange({ to: String(midnight(dayStart(e.target.value) + 43200, 1)) })} />
    ${["same", "call"].filter((key) => query.has(key)).map((key) => {
      const words = t(`filter.${key}`, { n: query.getAll(key).length });
      return html`<button type="button" class="set" onClick=${() => onChange({ [key]: "" })} aria-label=${`${t("filter.remove")}: ${words}`}>${words} ✕</button>`;
    })}
    ${["seized", "seizing"].filter((key) => query.get(key)).map((key) => {
      const words = t(`filter.${key}`, { trunk: query.get(key) ?? "" });
      return html`<button type="button" class="set" onClick=${() => onChange({ [key]: "" })} aria-label=${`${t("filter.remove")}: ${words}`}>${words} ✕</button>`;
    })}</div>
    <details class="more-filters" open=${WIDE || null}><summary>${t("filter.more")}</summary><div>
    ${select("agent", choices.agents.map((/** @type {any} */ a) => [a.id, `${a.extension} ${a.name}`]))}
    ${select("team", [...choices.teams.map((/** @type {any} */ x) => [x.id, x.name]), ["unassigned", t("team.unassigned")]])}
    ${select("part", [["dialled", t("part.dialled")], ["talked", t("part.talked")]], part)}
    <label class=${query.get("number") ? "is-set" : ""}><span>${t("filter.number")}</span><input id="search" type="search" inputmode="tel" placeholder="/" value=${query.get("number") ?? ""} onChange=${(/** @type {any} */ e) => onChange({ number: e.target.value.trim() })} /></label>
    ${select("direction", ["outbound", "inbound", "internal"].map((d) => [d, t(`direction.${d}`)]))}
    ${select("only", Object.keys(ONLY).map((each) => [each, t(`only.${each}`)]), only, (wanted) => onChange({ dial: "", connect: "", complete: "", ...(wanted ? { [ONLY[wanted][0]]: ONLY[wanted][1] } : {}) }))}
    ${select("live", [["true", t("live.true")], ["false", t("live.false")]])}
    ${select("outcome", OUTCOMES.map((o) => [o, t(`outcome.${o}`)]))}
    ${select("trunk", choices.trunks.map((/** @type {any} */ k) => [k.id, k.name]))}
    <label class=${query.get("talk_min") || query.get("talk_max") ? "is-set" : ""}><span>${t("filter.talk")}</span><span class="pair">${talk("talk_min")}–${talk("talk_max")}</span></label>
    <button type="button" onClick=${onClear}>${t("filter.clear")}</button></div></details>
  </form>`;
}
