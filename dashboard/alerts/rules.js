// Rules: those of config.toml and those entered here; enter, change, mute, switch off.
import { ask, wordsOf } from "../common/discipline.js";
import { dateTime, dayText, midnight, percent } from "../common/format.js";
import { html } from "../common/ui.js";
import { language, t } from "../common/words.js";

/** Shares are entered as percent. */
const SHARES = ["rate", "ner"];
const MUTES = [1, 4, 24];
export const said = { trouble: "", done: "" };
/** What is being entered: `null` nothing, else its id (empty: a new one) and kind. @type {{id: string, kind: string} | null} */
let editing = null;

const list = (/** @type {string[]} */ words) => words.join(language() === "en" ? ", " : "、");

/** A threshold with its unit. @param {string} key @param {number | null} value */
function threshold(key, value) {
  if (value == null) return t(`alerts.value.${key}_none`);
  return t(`alerts.value.${key}`, { n: SHARES.includes(key) ? percent(value, 0) : value });
}

/** What was asked for, with what came of it said above the rules. @param {() => Promise<any>} work @param {any} props */
async function attempt(work, { load, draw }) {
  said.trouble = "";
  said.done = "";
  try {
    await work();
    editing = null;
    await load();
  } catch (/** @type {any} */ error) {
    said.trouble = error?.key === "bad_rule" ? t("alerts.bad_rule", { field: t(`alerts.field.${error.value}`) }) : wordsOf(error);
    draw();
  }
}

/** The form's values as the keys of config.toml. @param {HTMLFormElement} form @param {any} kind */
function entered(form, kind) {
  const data = new FormData(form);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
  /** @type {Record<string, any>} */
  const rule = { kind: kind.kind, channels: data.getAll("channels"), recovery: data.has("recovery") };
  if (kind.teams && data.getAll("teams").length) rule.teams = data.getAll("teams");
  if (text("quiet_from") && text("quiet_to")) rule.quiet = `${text("quiet_from")}-${text("quiet_to")}`;
  for (const key of Object.keys(kind.values)) {
    const value = text(key);
    if (value) rule[key] = SHARES.includes(key) ? Number(value) / 100 : Number(value);
  }
  return { id: text("id") || kind.kind, rule };
}

/** @param {any} props */
function Form(props) {
  const { state, draw } = props;
  const { id, kind: name } = /** @type {{id: string, kind: string}} */ (editing);
  const kind = state.kinds.find((/** @type {any} */ each) => each.kind === name);
  const known = state.rules.find((/** @type {any} */ each) => each.id === id && !each.from_file);
  const values = known?.values ?? kind.values;
  const save = (/** @type {any} */ event) => {
    event.preventDefault();
    const wanted = entered(event.target, kind);
    attempt(() => ask(id ? "/api/alerts/rules/change" : "/api/alerts/rules", wanted), props);
  };
  return html`<form key=${`${id}/${name}`} class="rule panel pad" onSubmit=${save}>
    <h3>${id ? t("alerts.change", { id }) : t("alerts.add")}</h3>
    <div class="fields">
      <label><span>${t("alerts.field.kind")}</span><select name="kind" disabled=${Boolean(id)} onChange=${(/** @type {any} */ e) => { editing = { id: "", kind: e.target.value }; draw(); }}>${state.kinds.map((/** @type {any} */ each) => html`<option value=${each.kind} selected=${each.kind === name}>${t(`alert.${each.kind}`)}</option>`)}</select></label>
      <label><span>${t("alerts.field.id")}</span><input name="id" maxlength="64" required readonly=${Boolean(id)} value=${id || `${name}-2`} /></label>
      ${Object.entries(values).map(([key, value]) => html`<label><span>${t(`alerts.field.${key}`)}</span><input name=${key} type="number" step="any" min="0" placeholder=${kind.values[key] == null ? t("alerts.by_target") : ""} value=${value == null ? "" : SHARES.includes(key) ? Math.round(Number(value) * 1000) / 10 : value} /></label>`)}
      <label><span>${t("alerts.field.quiet")}</span><span class="pair"><input name="quiet_from" type="time" value=${known?.quiet?.[0] ?? ""} aria-label=${t("alerts.quiet_from")} />–<input name="quiet_to" type="time" value=${known?.quiet?.[1] ?? ""} aria-label=${t("alerts.quiet_to")} /></span></label>
    </div>
    ${kind.teams ? html`<fieldset><legend>${t("alerts.field.teams")} <span class="muted">${t("alerts.none_is_all")}</span></legend>${Object.entries(state.teams).map(([team, words]) => html`<label class="check"><input type="checkbox" name="teams" value=${team} checked=${Boolean(known?.teams.includes(team))} /> ${words}</label>`)}</fieldset>` : null}
    <fieldset><legend>${t("alerts.field.channels")} <span class="muted">${t("alerts.none_is_board")}</span></legend>${state.channels.length ? state.channels.map((/** @type {any} */ each) => html`<label class="check"><input type="checkbox" name="channels" value=${each.name} checked=${Boolean(known?.channels.includes(each.name))} /> ${each.name}</label>`) : html`<span class="muted">${t("alerts.no_channels")}</span>`}</fieldset>
    <div class="actions"><label class="check"><input type="checkbox" name="recovery" checked=${known?.recovery ?? true} /> ${t("alerts.field.recovery")}</label><span class="push"></span><button type="button" onClick=${() => { editing = null; draw(); }}>${t("alerts.cancel")}</button><button class="primary">${t("alerts.save")}</button></div>
  </form>`;
}

/** @param {any} props */
function Actions(props) {
  const { rule, state, draw } = props;
  const muted = rule.muted_until != null && rule.muted_until > state.now;
  const mute = (/** @type {number | null} */ until) => attempt(() => ask("/api/alerts/rules/mute", { id: rule.id, until }), props);
  const choose = (/** @type {any} */ event) => {
    const chosen = event.target.value;
    if (chosen) mute(chosen === "day" ? midnight(state.now, 1) : state.now + Number(chosen) * 3600);
  };
  const remove = () => {
    if (confirm(t("alerts.remove_sure", { id: rule.id }))) attempt(() => ask("/api/alerts/rules/remove", { id: rule.id }), props);
  };
  return html`<div class="actions">
    ${muted
      ? html`<button type="button" class="small" onClick=${() => mute(null)}>${t("alerts.unmute")}</button>`
      : rule.off || rule.fault ? null : html`<select class="mute" aria-label=${t("alerts.mute")} onChange=${choose}><option value="">${t("alerts.mute")}</option>${MUTES.slice(0, 2).map((hours) => html`<option value=${hours}>${t("alerts.mute_hours", { n: hours })}</option>`)}<option value="day">${t("alerts.mute_day")}</option><option value=${MUTES[2]}>${t("alerts.mute_hours", { n: MUTES[2] })}</option></select>`}
    ${rule.fault ? null : html`<button type="button" class="small" onClick=${() => attempt(() => ask("/api/alerts/rules/switch", { id: rule.id, off: !rule.off }), props)}>${t(rule.off ? "alerts.switch_on" : "alerts.switch_off")}</button>`}
    ${rule.from_file ? null : html`${rule.fault ? null : html`<button type="button" class="small" onClick=${() => { editing = { id: rule.id, kind: rule.kind }; draw(); }}>${t("alerts.edit")}</button>`}<button type="button" class="small" onClick=${remove}>${t("alerts.remove")}</button>`}
  </div>`;
}

/** @param {{rule: any, state: any}} props */
function State({ rule, state }) {
  if (rule.fault) return html`<span class="fault">⚠ ${rule.fault === "shadowed" ? t("alerts.shadowed") : rule.fault}</span>`;
  if (rule.off) return html`<span class="muted">○ ${t("alerts.off")}</span>`;
  if (rule.muted_until != null && rule.muted_until > state.now) {
    const day = dayText(rule.muted_until) === dayText(state.now);
    return html`<span class="d-waiting">${t("alerts.muted", { time: day ? dateTime(rule.muted_until).split(" ").pop() ?? "" : dateTime(rule.muted_until) })}</span>`;
  }
  return html`<span class="d-sent">✓ ${t("alerts.on")}</span>`;
}

/** @param {{state: any, load: () => Promise<void>, draw: () => void}} props */
export function Rules(props) {
  const { state, draw } = props;
  const names = (/** @type {string[]} */ teams) => list(teams.map((team) => state.teams[team] ?? team));
  return html`<p class="muted small">${t("alerts.rules_hint")}</p>
    ${state.rules.length ? html`<div class="scroller"><table><thead><tr>${["rule", "when", "teams", "channels", "quiet", "state", "source"].map((key) => html`<th>${t(`alerts.${key}`)}</th>`)}${state.may_set ? html`<th></th>` : null}</tr></thead>
    <tbody>${state.rules.map((/** @type {any} */ rule) => html`<tr key=${`${rule.from_file} ${rule.id}`} class=${rule.off || rule.fault ? "is-off" : ""}>
      <td data-label=${t("alerts.rule")}><b>${rule.kind ? t(`alert.${rule.kind}`) : rule.id}</b>${rule.id === rule.kind || !rule.kind ? "" : html` <span class="muted">${rule.id}</span>`}</td>
      <td data-label=${t("alerts.when")}>${rule.kind ? list(Object.entries(rule.values).map(([key, value]) => threshold(key, /** @type {number | null} */ (value)))) || t(rule.kind === "breach" ? "alerts.at_breach" : "alerts.at_deadline") : "—"}</td>
      <td data-label=${t("alerts.teams")}>${names(rule.teams) || t("alerts.all")}</td>
      <td data-label=${t("alerts.channels")}>${list(rule.channels) || html`<span class="muted">${t("alerts.board_only")}</span>`}${rule.recovery ? "" : html` <span class="muted">${t("alerts.no_recovery")}</span>`}</td>
      <td class="nowrap" data-label=${t("alerts.quiet")}>${rule.quiet ? rule.quiet.join("–") : "—"}</td>
      <td class="nowrap" data-label=${t("alerts.state")}><${State} rule=${rule} state=${state} /></td>
      <td class="nowrap" data-label=${t("alerts.source")}>${rule.from_file ? html`<span class="muted">config.toml</span>` : t("alerts.of_page")}${rule.changed_by ? html`<span class="muted small by">${rule.changed_by} ${dateTime(rule.changed_at)}</span>` : null}</td>
      ${state.may_set ? html`<td class="acts"><${Actions} ...${props} rule=${rule} /></td>` : null}</tr>`)}</tbody></table></div>` : html`<p class="muted">${t("alerts.no_rules")}</p>`}
    ${!state.may_set ? null : editing ? html`<${Form} ...${props} />` : html`<p class="add"><button type="button" onClick=${() => { editing = { id: "", kind: state.kinds[0].kind }; draw(); }}>＋ ${t("alerts.add")}</button></p>`}`;
}
