// Lists of numbers: do-not-call, the campaign's, our own. Look, enter, take off, import with a preview.
import { ask, attempts, BadRows, Said, send } from "../common/discipline.js";
import { count, dateTime, dayStart, dayText, midnight } from "../common/format.js";
import { html } from "../common/ui.js";
import { t } from "../common/words.js";

const LISTS = ["do_not_call", "campaign", "own"];

/** @param {URLSearchParams} query @param {() => void} draw @param {() => number} now */
export function lists(query, draw, now) {
  /** @type {any} */ let page = null;
  /** @type {any} */ let preview = null;
  /** @type {File | null} */ let file = null;
  let looked = "";
  const { said, attempt } = attempts(draw);
  const list = () => (LISTS.includes(query.get("list") ?? "") ? /** @type {string} */ (query.get("list")) : LISTS[0]);

  async function load(before = null) {
    history.replaceState(null, "", `?${query}`);
    await attempt(async () => {
      const found = await ask("/api/numbers/list", { list: list(), number: looked, before });
      page = before == null ? found : { ...found, rows: [...page.rows, ...found.rows] };
    });
  }

  function choose(/** @type {string} */ name) {
    query.set("list", name);
    page = preview = file = null;
    looked = "";
    load();
  }

  function enter(/** @type {Event} */ event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const data = Object.fromEntries(new FormData(form));
    attempt(async () => {
      const day = (/** @type {unknown} */ value) => (value ? dayStart(String(value)) : null);
      const until = data.until ? midnight(dayStart(String(data.until)) + 43200, 1) : null;
      const made = await ask("/api/numbers", { list: list(), number: String(data.number), since: day(data.since), until, reason: String(data.reason) });
      form.reset();
      await load();
      said.done = t("watch.list.entered", { number: made.hint });
    });
  }

  function remove(/** @type {any} */ row) {
    const reason = prompt(t("watch.list.why", { number: row.hint }));
    if (reason?.trim()) attempt(async () => { await ask(`/api/numbers/${row.id}/remove`, { reason: reason.trim() }); await load(); });
  }

  function pick(/** @type {any} */ event) {
    file = event.target.files[0] ?? null;
    preview = null;
    if (file) attempt(async () => { preview = await send(`/api/numbers/import?list=${list()}`, /** @type {File} */ (file)); });
  }

  function write(/** @type {boolean} */ skipBad) {
    attempt(async () => {
      const found = await send(`/api/numbers/import?list=${list()}&write=true${skipBad ? "&skip_bad=true" : ""}`, /** @type {File} */ (file));
      preview = file = null;
      await load();
      said.done = t("watch.list.taken", { n: found.total });
    });
  }

  const until = (/** @type {any} */ row) => (row.until == null ? t("watch.list.for_good") : dayText(row.until - 1));

  function Preview() {
    if (!preview) return null;
    return html`<div role="status"><p>${t("watch.list.preview", { n: count(preview.total), known: count(preview.known), bad: count(preview.bad.length) })}</p>
      ${preview.changes.length ? html`<div class="scroller long"><table><tbody>${preview.changes.map((/** @type {any} */ each, /** @type {number} */ i) => html`<tr><td class="num muted">${preview.lines[i]}</td><td>${each.hint}</td><td>${dayText(each.since)} – ${until(each)}</td><td class="words">${each.reason}</td></tr>`)}</tbody></table></div>` : null}
      <${BadRows} rows=${preview.bad} title=${t("import.bad_rows")} />
      <div class="actions">${preview.total && !preview.bad.length ? html`<button type="button" class="primary" onClick=${() => write(false)}>${t("import.write", { n: preview.total })}</button>` : null}
      ${preview.total && preview.bad.length ? html`<button type="button" onClick=${() => write(true)}>${t("import.write_good", { n: preview.total })}</button>` : null}</div></div>`;
  }

  function Lists() {
    return html`<div class="days" role="group" aria-label=${t("watch.tab.lists")}>${LISTS.map((name) => html`<button type="button" aria-pressed=${name === list()} onClick=${() => choose(name)}>${t(`watch.list.${name}`)}</button>`)}</div>
      <p class="muted small">${t(`watch.list.about_${list()}`)}${page?.hashed ? ` ${t("watch.list.hashed")}` : ""}</p>
      ${page?.no_secret ? html`<p class="notice act" role="alert">${t("watch.no_secret")}</p>` : null}<${Said} said=${said} />
      <div class="two"><section class="panel pad"><h2>${t("watch.list.enter")}</h2><form class="fields" onSubmit=${enter}>
          <label><span>${t("filter.number")}</span><input name="number" required minlength="3" maxlength="40" inputmode="tel" autocomplete="off" /></label>
          <label><span>${t("watch.list.since")}</span><input type="date" name="since" max=${dayText(now())} /></label><label><span>${t("watch.list.until")}</span><input type="date" name="until" /></label>
          <label class="wide"><span>${t("ledger.reason")}</span><input name="reason" maxlength="500" /></label><button class="primary">${t("leave.save")}</button></form></section>
        <section class="panel pad"><h2>${t("watch.list.import")}</h2><p class="muted small">${t("watch.list.import_hint")}</p>
          <label class="fields"><span class="visually-hidden">${t("import.file")}</span><input type="file" accept=".csv,.xlsx,.txt" onChange=${pick} key=${file ? "file" : said.done} /></label><${Preview} /></section></div>
      <section class="panel scroller"><form class="pad tools" onSubmit=${(/** @type {Event} */ e) => { e.preventDefault(); looked = String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get("look") ?? "").trim(); load(); }}>
          <label><span>${t("watch.list.look")}</span><input name="look" type="search" inputmode="tel" autocomplete="off" defaultValue=${looked} /></label><button>${t("watch.list.find")}</button>${page ? html`<span class="muted push">${t("watch.list.count", { n: count(page.count) })}</span>` : null}</form>
        <table class="folds"><thead><tr>${["number", "since", "until", "reason", "column_entered"].map((c) => html`<th>${t(`watch.list.${c}`)}</th>`)}<th></th></tr></thead>
          <tbody>${(page?.rows ?? []).map((/** @type {any} */ row) => html`<tr key=${row.id}><td>${row.hint}</td><td>${dayText(row.since)}</td><td>${until(row)}</td><td class="words">${row.reason}</td><td class="muted small">${row.entered_by} ${dateTime(row.entered_at).slice(0, -3)}</td><td><button type="button" class="small" onClick=${() => remove(row)}>${t("watch.list.remove")}</button></td></tr>`)}</tbody></table>
        ${page && !page.rows.length ? html`<p class="empty">${t(looked ? "watch.list.not_there" : "watch.list.empty")}</p>` : null}
        ${page?.next ? html`<div class="pad"><button type="button" onClick=${() => load(page.next)}>${t("calls.more")}</button></div>` : null}</section>`;
  }

  return { load, Lists };
}
