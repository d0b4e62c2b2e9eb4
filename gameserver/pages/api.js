// Calls of the API. A call gives the JSON of the answer, or throws a Failure.

export class Failure extends Error {
  // `status` is 0 where no answer came; `code` is the `error` in the answer; `wait` are the seconds
  // after which the server would have it tried again, or 0.
  constructor(status, code, message, wait = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.wait = wait;
  }
}

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
  const answer = await fetched(path, options);
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

async function fetched(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "unreachable", "The server cannot be reached.");
  }
}

function failure(answer, text) {
  const wait = Number(answer.headers.get("Retry-After")) || 0;
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    problem = { message: text.trim() };
  }
  const message = problem.message || problem.error || `${answer.status} ${answer.statusText}`;
  return new Failure(answer.status, problem.error || "", message, wait);
}
