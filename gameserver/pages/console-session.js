// The admin's token, in the memory of this tab and nowhere else, and the calls that carry it.

import { call } from "/static/api.js";

let token = "";

// Says `refused` when the server does not take the token any more.
export const session = new EventTarget();

export const isOpen = () => token !== "";

// Keeps a token if the server takes it; throws the Failure if not.
export async function open(candidate) {
  await call("GET", "/api/server", { token: candidate });
  token = candidate;
}

export function close() {
  token = "";
}

// The answer's JSON, or a Failure.
export async function ask(method, path, options = {}) {
  try {
    return await call(method, path, { ...options, token });
  } catch (error) {
    if (error.status === 401) session.dispatchEvent(new Event("refused"));
    throw error;
  }
}

// The answer as it comes, whatever its status.
export function send(method, path, { headers, body, isAdmin }) {
  const all = isAdmin ? { ...headers, Authorization: `Bearer ${token}` } : headers;
  return fetch(path, { method, headers: all, body, credentials: "omit", cache: "no-store" });
}
