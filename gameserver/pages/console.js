// The console: the gate that asks for the admin's token, and the views behind it, each an address.

import { byId, copy, ready } from "/static/dom.js";
import { close, isOpen, open, session } from "/static/console-session.js";
import { explain, onSubmit, show, tell } from "/static/console-words.js";

// What an address behind the `#/` leads to: the template of a view, and its module.
const ROUTES = [
  [/^levels$/, "levels-view", () => import("/static/console-levels.js")],
  [/^levels\/([0-9]+)(?:\/(settings))?$/, "level-view", () => import("/static/console-level.js")],
  [/^users$/, "users-view", () => import("/static/console-users.js")],
  [/^users\/([0-9]+)$/, "user-view", () => import("/static/console-user.js")],
  [/^purge$/, "purge-view", () => import("/static/console-purge.js")],
  [/^audit$/, "audit-view", () => import("/static/console-audit.js")],
  [/^server$/, "server-view", () => import("/static/console-server.js")],
  [/^tokens$/, "tokens-view", () => import("/static/console-tokens.js")],
  [/^try(?:\/([A-Za-z]+))?$/, "try-view", () => import("/static/console-try.js")],
];
const UNKNOWN = [/^/, "unknown-view", () => ({ show() {} })];
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
  const [pattern, template, load] = ROUTES.find(([each]) => each.test(path)) ?? UNKNOWN;
  const root = copy(template);
  byId("view").replaceChildren(root);
  mark(path);
  const heading = root.querySelector("h2");
  document.title = `${heading.textContent.trim()} · Console`;
  heading.focus({ preventScroll: true });
  const captures = path.match(pattern).slice(1);
  const view = await load();
  if (signal.aborted) return;
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
  // The other views now, so that they are there even if the server should be gone later.
  for (const [, , load] of ROUTES) load();
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
