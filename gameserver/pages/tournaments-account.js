// One's account: log in, sign up, change the password, leave.

import { ask, isLoggedIn, logIn, logOut, signUp, username } from "/static/account.js";
import { fill, showOnly } from "/static/dom.js";
import { onSubmit, show as reveal, slot, tell } from "/static/words.js";

export function show(root, { query, go }) {
  const says = (name) => slot(root, `${name}-says`);
  const form = (name) => slot(root, name);
  const next = within(query.get("next"));

  function enter() {
    if (next) location.assign(next);
    else go();
  }

  showOnly(slot(root, "states"), isLoggedIn() ? "in" : "out");
  fill(root, { username: username(), name: { value: username() } });
  reveal(slot(root, "back"), Boolean(next) && isLoggedIn());
  if (next) slot(root, "back").querySelector("a").href = next;
  onSubmit(form("login"), says("login"), async () => {
    const { username: name, password } = form("login").elements;
    await logIn(name.value.trim(), password.value);
    enter();
  });
  onSubmit(form("signup"), says("signup"), async () => {
    const { username: name, password } = form("signup").elements;
    await signUp(name.value.trim(), password.value);
    enter();
  });
  onSubmit(form("password"), says("password"), async () => {
    const { old, new: changed } = form("password").elements;
    await ask("POST", "/api/password", { form: { old: old.value, new: changed.value } });
    old.value = changed.value = "";
    tell(says("password"), "password-changed");
  });
  onSubmit(form("delete"), says("delete"), async () => {
    const { password } = form("delete").elements;
    await ask("POST", "/api/delete_account", { form: { password: password.value } });
    logOut();
    showOnly(slot(root, "states"), "deleted");
  });
}

// An address behind a login leads to a tournament's page here, and nowhere else.
function within(next) {
  if (!next || !URL.canParse(next, location.origin)) return null;
  const { origin, pathname, search } = new URL(next, location.origin);
  const isHere = origin === location.origin && /^\/tournaments(\/[a-z0-9]+)?$/.test(pathname);
  return isHere ? pathname + search : null;
}
