// Preact with htm, and what every page shares: head bar, language and theme switches, requests.
import { h, render } from "../vendor/preact.mjs";
import htm from "../vendor/htm.mjs";
import { language, onLanguage, setLanguage, t } from "./words.js";

export { h, render };

/** Who is logged in: role, rights (`may`), pages that can be opened. @type {any} */
export let me = null;

/** Ask who is logged in; every page begins so. */
export async function whoami() {
  me = await request("/api/me").then((r) => r.json());
  return me;
}

/** Whether the login has a right (docs/topics/access.md). @param {string} right */
export const may = (right) => me !== null && me.may.includes(right);

/** What of our addresses is no page. */
const NO_PAGES = new Set(["api", "common", "docs", "locales", "login", "vendor"]);

/** Whether the login can open an address of ours. @param {string} href */
export function opens(href) {
  const folder = /^\/([a-z]+)\//.exec(href)?.[1];
  return me === null || !folder || NO_PAGES.has(folder) || me.pages.includes(folder);
}

// A link to a page that the login can't open is no link: its words stay.
const linked = (/** @type {any} */ type, /** @type {any} */ props, /** @type {any[]} */ ...children) =>
  h(type, type === "a" && props?.href && !opens(props.href) ? { ...props, href: null } : props, ...children);
export const html = htm.bind(linked);

const THEME = "dialwatch.theme";

export function applyTheme() {
  const wanted = localStorage.getItem(THEME) || "auto";
  const dark = wanted === "dark" || (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);

export function toggleTheme() {
  localStorage.setItem(THEME, document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  applyTheme();
}

/**
 * A request to our own server; an ended session leads to the login page.
 * @param {string} path @param {RequestInit} [options]
 */
export async function request(path, options = {}) {
  const response = await fetch(path, { ...options, headers: { "X-Dialwatch": "1", "Content-Type": "application/json", ...options.headers } });
  if (response.status === 401 && !path.endsWith("/login")) {
    location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    throw new Error("not logged in");
  }
  return response;
}

/** The pages of the bar: folder, words, and the page's name where it is another. @type {[string, string, string?][]} */
const NAV = [["board", "nav.board"], ["calls", "nav.calls"], ["reports", "nav.reports"], ["watch", "nav.watch"], ["alerts", "nav.alerts"], ["ledger", "nav.discipline", "discipline"], ["users", "nav.users"]];

/** The bar at the top of every work page. @param {{page: string, children?: any}} props */
export function Bar({ page, children }) {
  return html`<header class="bar">
    <a class="skip" href="#main">${t("nav.skip")}</a>
    <a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10" /><path d="M12 5v7l5 3" /></svg><span>Dialwatch</span></a>
    <nav aria-label=${t("nav.label")}>
      ${NAV.filter(([folder]) => opens(`/${folder}/`)).map(([folder, words, name]) => html`<a href=${`/${folder}/`} aria-current=${page === (name ?? folder) ? "page" : null}>${t(words)}</a>`)}
    </nav>
    <div class="bar-middle">${children}</div>
    ${me ? html`<span class="muted small whoami" title=${t(`users.role.${me.role}`)}>${me.username}</span>` : null}
    <${Switches} />
  </header>`;
}

export function Switches() {
  const other = language() === "en" ? "zh-CN" : "en";
  return html`<div class="switches">
    <button type="button" lang=${other} onClick=${() => setLanguage(other)}>${other === "en" ? "English" : "中文"}</button>
    <button type="button" onClick=${() => { toggleTheme(); }} title=${t("theme.switch")} aria-label=${t("theme.switch")}>◐</button>
    ${location.pathname.startsWith("/login") || location.pathname.startsWith("/setup")
      ? null
      : html`<button type="button" onClick=${logout}>${t("nav.logout")}</button>`}
  </div>`;
}

async function logout() {
  await request("/api/logout", { method: "POST" });
  location.href = "/login";
}

// A page that can't even begin (the server is away) says so and tries again, in both languages: the words may be missing too.
addEventListener("unhandledrejection", () => {
  const place = document.querySelector("#app > .empty");
  if (!place) return;
  place.textContent = "无法连接服务器，稍后自动重试… The server cannot be reached; trying again…";
  setTimeout(() => location.reload(), 5000);
});

/** Draw a page now, and again whenever the language changes. @param {() => any} view */
export function mount(view) {
  const root = /** @type {HTMLElement} */ (document.getElementById("app"));
  root.replaceChildren();
  const draw = () => render(view(), root);
  onLanguage(draw);
  draw();
  return draw;
}
