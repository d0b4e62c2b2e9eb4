// Calls of the API. A call gives the JSON of the answer, or throws a Failure.

export class Failure extends Error {
  // `status` is 0 where no answer came; `code` is the `error` in the answer; `wait` are the seconds
  // after which the server would have it tried again, or 0; `field` is what was wrong, or "".
  constructor(status, code, message, wait = 0, field = "") {
    super(message);
    this.status = status;
    this.code = code;
    this.wait = wait;
    this.field = field;
  }
}

const UNREACHABLE = [0, "unreachable", "The server cannot be reached."];

// `json` or `form` (an object, or a FormData) is the body; `token` the admin's, or a game's.
export async function call(method, path, { json, form, token, headers = {}, signal } = {}) {
  const options = { method, signal, headers: { ...headers } };
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (json !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(json);
  } else if (form) {
    options.body = form instanceof FormData ? form : new URLSearchParams(form);
  }
  const asked = Date.now();
  const answer = await fetched(path, options);
  noteClock(answer, asked);
  const text = await answer.text();
  if (!answer.ok) throw failure(answer, text);
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  return isJson ? JSON.parse(text) : text;
}

export const get = (path, options) => call("GET", path, options);
export const post = (path, options) => call("POST", path, options);

// An address with the query made of those values that are not null, undefined or empty.
export function address(path, values = {}) {
  const kept = Object.entries(values).filter(([, value]) => (value ?? "") !== "");
  const query = new URLSearchParams(kept).toString();
  return query ? `${path}?${query}` : path;
}

// A form with files, by POST; `progress(share)` is called with what has been sent, from 0 to 1. It
// fails like a call. (There is no progress of what is sent with fetch.)
export function upload(path, form, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const unreachable = () => reject(new Failure(...UNREACHABLE));
    request.open("POST", path);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    request.addEventListener("error", unreachable);
    request.addEventListener("abort", unreachable);
    request.addEventListener("load", () => {
      const wait = request.getResponseHeader("Retry-After");
      const headers = wait ? { "Retry-After": wait } : {};
      const answer = new Response(null, { status: request.status, headers });
      if (answer.ok) resolve();
      else reject(failure(answer, request.responseText));
    });
    request.send(form);
  });
}

// The time of day at the server, whose clock decides, in milliseconds since 1970. It is that of the
// reader, as far as this may be from what is known: within a second of `Date`, at some moment
// between the question and the answer.
export const now = () => Date.now() + ahead;

let ahead = 0;

function noteClock(answer, asked) {
  const date = Date.parse(answer.headers.get("Date"));
  if (Number.isNaN(date)) return;
  const [least, most] = [date - Date.now(), date + 1000 - asked];
  ahead = Math.min(most, Math.max(least, 0));
}

async function fetched(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(...UNREACHABLE);
  }
}

function failure(answer, text) {
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    problem = { message: text.trim() };
  }
  const message = problem.message || problem.error || `${answer.status} ${answer.statusText}`;
  const wait = Number(answer.headers.get("Retry-After")) || problem.wait || 0;
  return new Failure(answer.status, problem.error || "", message, wait, problem.field || "");
}
