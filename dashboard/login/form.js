// The card that logging in and setting up share.
import { applyTheme, html, mount, request, Switches } from "../common/ui.js";
import { loadWords, t } from "../common/words.js";

/**
 * @param {{title: string, hint?: string, button: string, newPassword: boolean, send: (name: string, password: string) => Promise<Response>, done: () => void}} form
 */
export async function showForm(form) {
  applyTheme();
  await loadWords(navigator.language.startsWith("zh") ? "zh-CN" : "en");
  let fault = "";
  let busy = false;

  async function submit(/** @type {SubmitEvent} */ event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    busy = true;
    draw();
    try {
      const response = await form.send(String(fields.get("username")), String(fields.get("password")));
      if (response.ok) return form.done();
      const { error, wait_seconds: wait } = await response.json();
      fault = t(`error.${error}`, { n: Math.ceil(wait ?? 0) });
    } catch {
      fault = t("error.unreachable");
    }
    busy = false;
    draw();
  }

  const draw = mount(() => html`<form class="card panel" onSubmit=${submit}>
    <${Switches} />
    <span class="brand"><svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10" /><path d="M12 5v7l5 3" /></svg>Dialwatch</span>
    <h1>${t(form.title)}</h1>
    ${form.hint ? html`<p class="muted">${t(form.hint)}</p>` : null}
    ${fault ? html`<p class="fault" role="alert">${fault}</p>` : null}
    <label>${t("login.username")}<input name="username" required autofocus autocomplete="username" autocapitalize="none" spellcheck=${false} /></label>
    <label>${t("login.password")}<input name="password" type="password" required minlength=${form.newPassword ? 8 : 1} autocomplete=${form.newPassword ? "new-password" : "current-password"} /></label>
    <button class="primary" disabled=${busy}>${t(form.button)}</button>
  </form>`);
}

/** @param {string} path @param {object} body */
export const post = (path, body) => request(path, { method: "POST", body: JSON.stringify(body) });
