// Explain this number: what it means, over which calls, what they come to, the gaps that touch it.
// A figure says what it is by `data-explain`; its own link (or `data-calls`) says which calls it counts.
import { clock, count, dateTime, dayText, duration, percent } from "./format.js";
import { html, request } from "./ui.js";
import { language, t } from "./words.js";

/** @typedef {{key: string, calls: string, told: any, trouble: string}} Asked */

/** @param {() => void} draw draws the page anew */
export function explainer(draw) {
  /** @type {Asked | null} */ let asked = null;
  /** @type {Element | null} */ let before = null;
  let pointing = false;

  /** @param {string} key @param {string} calls an address of the calls page, or empty */
  async function open(key, calls) {
    before = document.activeElement;
    const mine = (asked = { key, calls, told: null, trouble: "" });
    point(false);
    draw();
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(".explanation .close"))?.focus());
    try {
      const query = new URLSearchParams(calls.split("?")[1] ?? "");
      query.delete("explain");
      const response = await request(`/api/explain/${encodeURIComponent(key)}?${query}`);
      if (response.ok) mine.told = await response.json();
      else mine.trouble = `error.${(await response.json()).error}`;
    } catch {
      mine.trouble = "error.unreachable";
    }
    draw();
  }

  function close() {
    asked = null;
    draw();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  }

  /** Whether the next figure that is clicked is explained instead of opened. @param {boolean} wanted */
  function point(wanted) {
    pointing = wanted;
    document.documentElement.classList.toggle("explaining", wanted);
  }

  /** @param {Element} figure */
  const about = (figure) => open(/** @type {string} */ (figure.getAttribute("data-explain")), figure.getAttribute("data-calls") ?? figure.getAttribute("href") ?? "");

  addEventListener(
    "click",
    (event) => {
      const figure = event.target instanceof Element ? event.target.closest("[data-explain]") : null;
      if (!figure || !(pointing || figure.matches("button.why"))) return;
      event.preventDefault();
      event.stopPropagation();
      about(figure);
    },
    true,
  );
  addEventListener(
    "keydown",
    (event) => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement || event.target instanceof HTMLTextAreaElement;
      if (event.key === "Escape" && (asked || pointing)) {
        event.stopImmediatePropagation();
        if (asked) close();
        else point(false);
        draw();
      } else if (event.key === "?" && !typing) {
        const figure = document.activeElement?.closest("[data-explain]");
        if (figure) about(figure);
        else point(!pointing);
        draw();
      }
    },
    true,
  );

  return {
    open,
    /** The switch in the bar: then any figure that is clicked explains itself. */
    Toggle: () => html`<button type="button" aria-pressed=${pointing} title=${t("explain.how")} onClick=${() => { point(!pointing); draw(); }}>? ${t("explain.title")}</button>`,
    Dialog: () => (asked ? html`<${Explanation} asked=${asked} close=${close} />` : pointing ? html`<div class="panel pointing" role="status">${t("explain.point")}</div>` : null),
  };
}

/** A button that explains a figure. @param {{of: string, calls?: string}} props */
export function Why({ of, calls = "" }) {
  const words = t("report.explain", { name: t(`metric.${of}`) });
  return html`<button type="button" class="why" data-explain=${of} data-calls=${calls} title=${words} aria-label=${words}>?</button>`;
}

/** @param {{asked: Asked, close: () => void}} props */
function Explanation({ asked, close }) {
  const { told, key } = asked;
  const query = new URLSearchParams(asked.calls.split("?")[1] ?? "");
  const from = Number(query.get("from"));
  const to = Number(query.get("to"));
  const when = from && dayText(from) === dayText(to - 1) ? clock : dateTime;
  return html`<aside class="panel explanation" role="dialog" aria-label=${t(`metric.${key}`)}>
    <button type="button" class="close" onClick=${close} aria-label=${t("report.close")}>✕</button>
    <h2>${t(`metric.${key}`)}</h2>
    ${asked.trouble ? html`<p class="bad" role="alert">${t(asked.trouble)}</p>` : told ? null : html`<p class="muted" role="status">${t("calls.loading")}</p>`}
    ${told
      ? html`<p>${language() === "en" ? told.definition.formula : told.definition.formula_zh}${told.definition.source ? html` <span class="muted">(${told.definition.source})</span>` : null}${key === "effective_connects" ? html` <span class="muted">effective_seconds = ${told.effective_seconds}</span>` : null}</p>
        ${query.size ? html`<p class="muted">${filterWords(query)}</p>` : null}
        ${query.size ? html`<p>${told.value == null ? "" : html`<b>${shown(told)}</b> · `}${t("explain.calls", { n: count(told.calls) })} <a class="button" href=${`/calls/?${query}`}>${t("report.open_calls")}</a></p>` : null}
        ${told.gaps.length
          ? html`<p>${t("report.remark.gaps", { n: told.gaps.length })}</p><ul>${told.gaps.slice(0, 5).map((/** @type {any} */ g) => html`<li>${g.pbx} ${when(g.started_at)}–${g.ended_at == null ? "…" : when(g.ended_at)} ${t(`gap.${g.reason}`)}</li>`)}</ul>`
          : html`<p class="muted">${t("report.no_remarks")}</p>`}`
      : null}
  </aside>`;
}

/** @param {any} told */
const shown = (told) => (told.definition.unit === "share" ? percent(told.value) : told.definition.unit === "seconds" ? duration(told.value) : count(told.value));

/** Which calls, in words. @param {URLSearchParams} query */
function filterWords(query) {
  const [from, to] = [query.get("from"), query.get("to")];
  const found = [];
  if (from) found.push(`${dateTime(Number(from))} – ${to ? dateTime(Number(to)) : ""}`);
  for (const [key, value] of query) {
    if (["direction", "outcome", "live"].includes(key)) found.push(t(`${key}.${value}`));
    else if (key === "part" && value !== "any") found.push(t(`part.${value}`));
    else if (["agent", "team", "trunk", "number", "talk_min", "talk_max"].includes(key)) found.push(`${t(key.startsWith("talk") ? "filter.talk" : `filter.${key}`)} ${key === "talk_min" ? "≥ " : key === "talk_max" ? "≤ " : ""}${value}`);
    else if (key === "dial" || key === "connect") found.push(`${t(`metric.${key}s`)}${value === "false" ? " ✕" : ""}`);
    else if (key === "seized" || key === "seizing") found.push(t(`filter.${key}`, { trunk: value }));
  }
  return found.join(" · ");
}
