import { post, showForm } from "./form.js";

const next = new URLSearchParams(location.search).get("next") ?? "/board/";
showForm({
  title: "login.title",
  button: "login.submit",
  newPassword: false,
  send: (username, password) => post("/api/login", { username, password }),
  // Only a path of our own is followed.
  done: () => location.assign(/^\/(?![/\\])/.test(next) ? next : "/board/"),
});
