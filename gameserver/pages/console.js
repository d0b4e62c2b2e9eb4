// The console: the gate that asks for the admin's token, and the views behind it, each an address.

import { byId, copy, ready } from "/static/dom.js";
import * as audit from "/static/console-audit.js";
import * as level from "/static/console-level.js";
import * as levels from "/static/console-levels.js";
import * as purge from "/static/console-purge.js";
import * as server from "/static/console-server.js";
import * as tokens from "/static/console-tokens.js";
import * as trial from "/static/console-try.js";
import * as user from "/static/console-user.js";
import * as users from "/static/console-users.js";
import { close, isOpen, open, session } from "/static/console-session.js";
import { explain, onSubmit, show, tell } from "/static/console-words.js";

// What an address behind the `#/` leads to, and the template of its view.
const ROUTES = [
  [/^levels$/, "levels-view", levels],
  [/^levels\/([0-9]+)(?:\/(settings))?$/, "level-view", level],
  [/^users$/, "users-view", users],
  [/^users\/([0-9]+)$/, "user-view", user],
  [/^purge$/, "purge-view", purge],
  [/^audit$/, "audit-view", audit],
  [/^server$/, "server-view", server],
  [/^tokens$/, "tokens-view", tokens],
  [/^try(?:\/([A-Za-z]+))?$/, "try-view", trial],
];
const UNKNOWN = [/^/, "unknown-view", { show() {} }];
const TOKEN = /^[!-~]+$/;

const gate = byId("gate");
const says = byId("gate-says");
const token = byId("token");
let leaving = new AbortController();

async function go() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  delete document.documentElement.dataset.ready;
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [pattern, template, view] = ROUTES.find(([each]) => each.test(path)) ?? UNKNOWN;
  const root = copy(template);
  byId("view").replaceChildren(root);
  mark(path);
  const heading = root.querySelector("h2");
  document.title = `${heading.textContent.trim()} · Console`;
  heading.focus({ preventScroll: true });
  const captures = path.match(pattern).slice(1);
  await view.show(root, { captures, query: new URLSearchParams(query), signal });
  if (signal.aborted) return;
  document.title = `${heading.textContent.trim()} · Console`;
  ready();
}

function mark(path) {
  for (const link of document.querySelectorAll("#views a")) {
    const isHere = path.split("/")[0] === link.hash.slice(2);
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function unlock() {
  const isAgain = isOpen();
  try {
    if (!TOKEN.test(token.value)) throw { status: 401 };
    await open(token.value);
  } catch (error) {
    if (error.status === 401) tell(says, "wrong-token");
    else if (error.status === 404) tell(says, "no-admin");
    else explain(says, error);
    return;
  }
  token.value = "";
  tell(says, null);
  show(gate, false);
  show(byId("console"), true);
  // What somebody was about to do when the token was refused stays as it is.
  if (!isAgain) enter();
}

function enter() {
  if (!location.hash) history.replaceState(null, "", "#/levels");
  go();
}

function lock() {
  close();
  leaving.abort();
  byId("view").replaceChildren();
  show(byId("console"), false);
  show(gate, true);
  tell(says, "locked");
  token.focus();
}

onSubmit(byId("unlock"), says, unlock);
byId("lock").addEventListener("click", lock);
session.addEventListener("refused", () => {
  if (!gate.hidden) return;
  tell(says, null);
  show(gate, true);
});
// The view that is there already is asked for anew.
byId("views").addEventListener("click", ({ target }) => target.hash === location.hash && go());
addEventListener("hashchange", () => isOpen() && go());
ready();
