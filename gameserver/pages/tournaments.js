// Tournaments: the views, each an address, and who is logged in.

import { address } from "/static/api.js";
import { byId, copy, fill, ready } from "/static/dom.js";
import { check, isLoggedIn, logOut, session, username } from "/static/account.js";
import { explain, show } from "/static/words.js";

// What an address leads to: the template of a view, and its module.
const ROUTES = [
  [/^\/tournaments$/, "list-view", () => import("/static/tournaments-list.js")],
  [/^\/tournaments\/new$/, "new-view", () => import("/static/tournaments-new.js")],
  [/^\/tournaments\/account$/, "account-view", () => import("/static/tournaments-account.js")],
  [/^\/tournaments\/([0-9]+)$/, "tournament-view", () => import("/static/tournament.js")],
];

let leaving = new AbortController();

async function go() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  delete document.documentElement.dataset.ready;
  const path = location.pathname.replace(/\/$/, "");
  const [pattern, template, load] = ROUTES.find(([each]) => each.test(path));
  const [view] = await Promise.all([load(), checked]);
  if (signal.aborted) return;
  const root = copy(template);
  byId("view").replaceChildren(root);
  const captures = path.match(pattern).slice(1);
  if (!captures.length) document.title = root.querySelector("h1").textContent;
  mark(path);
  showAccount();
  const query = new URLSearchParams(location.search);
  await view.show(root, { captures, query, signal, go });
  if (!signal.aborted) ready();
}

// Without an answer the token is kept.
const checked = check().catch((failure) => explain(byId("says"), failure));

function mark(path) {
  for (const link of document.querySelectorAll("#views a")) {
    if (link.pathname === path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const all = document.querySelector('.top nav a[href="/tournaments"]');
  if (path !== "/tournaments") all.setAttribute("aria-current", "true");
}

function showAccount() {
  show(byId("enter"), !isLoggedIn());
  show(byId("who"), isLoggedIn());
  show(byId("leave"), isLoggedIn());
  fill(byId("who"), { username: username() });
}

// The view stays as it is when the server has ended the login: nothing typed is lost.
session.addEventListener("changed", showAccount);
byId("leave").addEventListener("click", () => {
  logOut();
  go();
});
// After logging in one comes back.
document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[data-enter]");
  if (!link || location.pathname === link.pathname) return;
  link.href = address(link.pathname, { next: location.pathname + location.search });
});
addEventListener("popstate", go);
go();
