import { post, showForm } from "./form.js";

const token = new URLSearchParams(location.search).get("token") ?? "";
showForm({
  title: "setup.title",
  hint: "setup.hint",
  button: "setup.submit",
  newPassword: true,
  send: (username, password) => post("/api/setup", { token, username, password }),
  done: () => location.assign("/board/"),
});
