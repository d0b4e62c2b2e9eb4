// The account of the tournaments: who is logged in in this tab, and the calls that say so.
//
// The token is in sessionStorage, under one key, and the password is kept nowhere. In memory alone
// the token would be gone with each link and each reload. localStorage and cookies would keep it on
// the disk of a computer that others may use, for the thirty days that it is good for; and a cookie
// would go along with requests that other sites start. Only scripts of this origin can read it, and
// all that run here are files of this server: the policy of the pages allows no other, nothing
// inline and no text that becomes markup, and nobody may frame them. It ends with the tab, when
// somebody logs out, and when the server does not take it any more.

import { call } from "/static/api.js";

const PLACE = "account";

// Says `changed` when somebody has logged in or out, or has been.
export const session = new EventTarget();

let account = read();

export const isLoggedIn = () => account !== null;
export const username = () => account?.username ?? "";

// Two names that differ in capitals only are one.
export const isMe = (name) => name.toLowerCase() === account?.username.toLowerCase();

// The answer's JSON, or a Failure.
export async function ask(method, path, options = {}) {
  const headers = account ? fields(account.username, account.token) : {};
  try {
    return await call(method, path, { ...options, headers });
  } catch (error) {
    if (error.code === "not_logged_in") keep(null);
    throw error;
  }
}

export async function logIn(username, password) {
  const { token } = await call("POST", "/api/obtain_token", { form: { username, password } });
  keep({ username, token });
}

export async function signUp(username, password) {
  await call("POST", "/api/register", { form: { username, password } });
  await logIn(username, password);
}

export function logOut() {
  keep(null);
}

// Whether the token is still good; one that has become stale is changed for a new one.
export async function check() {
  if (!account) return;
  const { status } = await ask("GET", "/api/token_status");
  if (status === "ok_stale") {
    const { token } = await ask("POST", "/api/refresh_token");
    keep({ ...account, token });
  } else if (status !== "ok") {
    keep(null);
  }
}

const fields = (name, token) => ({ "X-Scoreganizer-Authorization": `${name}:${token}` });

function keep(changed) {
  const isAnother = account?.username !== changed?.username;
  account = changed;
  if (changed) sessionStorage.setItem(PLACE, JSON.stringify(changed));
  else sessionStorage.removeItem(PLACE);
  if (isAnother) session.dispatchEvent(new Event("changed"));
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE));
  } catch {
    return null;
  }
}
