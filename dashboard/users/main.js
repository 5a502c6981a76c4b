// Logins, for the administrator: who there is, what each may and sees, new ones, new passwords, shutting out.
import { ask, attempts, Said, start } from "../common/discipline.js";
import { Bar, html, me, mount, request } from "../common/ui.js";
import { t } from "../common/words.js";

const ROLES = ["administrator", "manager", "supervisor", "team_lead", "qa", "agent", "board"];
/** Roles with teams of their own; the last two see the whole site without one. */
const OF_TEAMS = ["supervisor", "team_lead", "qa", "board"];

await start();
const [choices, people] = await Promise.all([request("/api/filters").then((r) => r.json()), ask("/api/people")]);
/** @type {any[]} */ let users = await ask("/api/users");
const nobody = () => ({ name: "", role: "team_lead", teams: /** @type {string[]} */ ([]), person: /** @type {number | null} */ (null) });
/** What stands in the form; a login that is changed keeps its name. */
let form = nobody();
let changing = false;
let resetting = "";
const { said, attempt } = attempts(() => draw());

/** What a role has none of is not sent. */
const wanted = () => ({ name: form.name.trim(), role: form.role, teams: OF_TEAMS.includes(form.role) ? form.teams : [], person: form.role === "agent" ? form.person ?? people[0]?.id ?? null : null });

function save(/** @type {Event} */ event) {
  event.preventDefault();
  const field = /** @type {HTMLFormElement} */ (event.target);
  attempt(async () => {
    const sent = wanted();
    users = changing ? await ask("/api/users/role", sent) : await ask("/api/users", { ...sent, password: String(new FormData(field).get("password")) });
    said.done = t(changing ? "users.changed" : "users.added", { name: sent.name });
    field.reset();
    form = nobody();
    changing = false;
  });
}

function change(/** @type {any} */ user) {
  form = { name: user.name, role: user.role, teams: [...user.teams], person: user.person };
  changing = true;
  resetting = "";
  draw();
  document.getElementById("users-form")?.scrollIntoView({ block: "nearest" });
}

function shut(/** @type {any} */ user) {
  attempt(async () => { users = await ask("/api/users/shut", { name: user.name, disabled: !user.disabled }); });
}

function setPassword(/** @type {Event} */ event, /** @type {string} */ name) {
  event.preventDefault();
  const password = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("password"));
  attempt(async () => {
    await ask("/api/users/password", { name, password });
    said.done = t("users.password_set", { name });
    resetting = "";
  });
}

function pick(/** @type {string} */ team, /** @type {boolean} */ on) {
  form.teams = on ? [...form.teams, team] : form.teams.filter((each) => each !== team);
  draw();
}

/** What a login sees, in a few words. @param {any} user */
const sees = (user) => user.person_name ?? (user.team_names.join("、") || (["administrator", "manager", "qa", "board"].includes(user.role) ? t("users.site") : "—"));

function Form() {
  return html`<section class="panel pad" id="users-form"><h2>${changing ? t("users.change_of", { name: form.name }) : t("users.add")}</h2>
    <form class="fields" onSubmit=${save}>
      ${changing ? null : html`<label><span>${t("login.username")}</span><input name="name" required maxlength="64" autocomplete="off" spellcheck=${false} value=${form.name} onInput=${(/** @type {any} */ e) => { form.name = e.target.value; }} /></label>
      <label><span>${t("login.password")}</span><input name="password" type="password" required minlength="8" maxlength="256" autocomplete="new-password" /></label>`}
      <label><span>${t("users.role")}</span><select onChange=${(/** @type {any} */ e) => { form.role = e.target.value; draw(); }}>${ROLES.map((role) => html`<option value=${role} selected=${role === form.role}>${t(`users.role.${role}`)}</option>`)}</select></label>
      ${form.role === "agent" ? html`<label><span>${t("users.person")}</span><select onChange=${(/** @type {any} */ e) => { form.person = Number(e.target.value); }}>${people.map((/** @type {any} */ p) => html`<option value=${p.id} selected=${p.id === form.person}>${p.extension} ${p.name}</option>`)}</select></label>` : null}
      ${OF_TEAMS.includes(form.role) ? html`<fieldset class="teams"><legend>${t("users.teams")}</legend>${choices.teams.map((/** @type {any} */ team) => html`<label class="check"><input type="checkbox" checked=${form.teams.includes(team.id)} onChange=${(/** @type {any} */ e) => pick(team.id, e.target.checked)} />${team.name}</label>`)}</fieldset>` : null}
      <button class="primary">${t(changing ? "users.save" : "users.add")}</button>
      ${changing ? html`<button type="button" onClick=${() => { form = nobody(); changing = false; draw(); }}>${t("users.cancel")}</button>` : null}
    </form><p class="muted small">${t(`users.about.${form.role}`)}</p></section>`;
}

/** @param {{user: any}} props */
function Row({ user }) {
  return html`<tr class=${user.disabled ? "shut" : ""}><td><b>${user.name}</b>${user.name === me.username ? html` <span class="chip">${t("users.you")}</span>` : null}${user.disabled ? html` <span class="chip warn">${t("users.disabled")}</span>` : null}</td>
    <td>${ROLES.includes(user.role) ? t(`users.role.${user.role}`) : user.role}</td><td class="words">${sees(user)}</td>
    <td class="words"><div class="actions"><button type="button" class="small" onClick=${() => change(user)}>${t("users.change")}…</button>
      <button type="button" class="small" aria-expanded=${resetting === user.name ? "true" : "false"} onClick=${() => { resetting = resetting === user.name ? "" : user.name; draw(); }}>${t("users.password")}…</button>
      <button type="button" class="small" onClick=${() => shut(user)}>${t(user.disabled ? "users.enable" : "users.disable")}</button></div>
      ${resetting === user.name ? html`<form class="fields" onSubmit=${(/** @type {Event} */ e) => setPassword(e, user.name)}><label><span>${t("login.password")}</span><input name="password" type="password" required minlength="8" maxlength="256" autocomplete="new-password" /></label><button class="primary">${t("users.set_password")}</button></form>` : null}</td></tr>`;
}

function view() {
  document.title = `${t("nav.users")} · Dialwatch`;
  return html`<${Bar} page="users" /><main class="sheet" id="main"><h1>${t("nav.users")}</h1><${Said} said=${said} />
    <${Form} />
    <section class="panel scroller"><table class="users stack"><thead><tr>${["name", "role", "sees"].map((c) => html`<th>${t(`users.column.${c}`)}</th>`)}<th></th></tr></thead>
      <tbody>${users.map((user) => html`<${Row} key=${user.name} user=${user} />`)}</tbody></table></section></main>`;
}

const draw = mount(view);
