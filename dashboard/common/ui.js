// Preact with htm, and what every page shares: head bar, language and theme switches, requests.
import { h, render } from "../vendor/preact.mjs";
import htm from "../vendor/htm.mjs";
import { language, onLanguage, setLanguage, t } from "./words.js";

export { h, render };
export const html = htm.bind(h);

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

/** The bar at the top of every work page. @param {{page: string, children?: any}} props */
export function Bar({ page, children }) {
  return html`<header class="bar">
    <a class="skip" href="#main">${t("nav.skip")}</a>
    <a class="brand" href="/board/"><svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10" /><path d="M12 5v7l5 3" /></svg><span>Dialwatch</span></a>
    <nav aria-label=${t("nav.label")}>
      <a href="/board/" aria-current=${page === "board" ? "page" : null}>${t("nav.board")}</a>
      <a href="/calls/" aria-current=${page === "calls" ? "page" : null}>${t("nav.calls")}</a>
      <a href="/reports/" aria-current=${page === "reports" ? "page" : null}>${t("nav.reports")}</a>
      <a href="/watch/" aria-current=${page === "watch" ? "page" : null}>${t("nav.watch")}</a>
      <a href="/alerts/" aria-current=${page === "alerts" ? "page" : null}>${t("nav.alerts")}</a>
      <a href="/ledger/" aria-current=${page === "discipline" ? "page" : null}>${t("nav.discipline")}</a>
    </nav>
    <div class="bar-middle">${children}</div>
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
