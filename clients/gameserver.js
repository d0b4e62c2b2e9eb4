// A client of gameserver for games in browsers. Copy this file; it needs nothing else.
// Copyright (c) 2026 the gameserver authors. SPDX-License-Identifier: MIT
//
//     import { GameServer } from "./gameserver.js";
//     const server = new GameServer("https://scores.example.org");
//     const answer = await server.post(7, 1500);
//     console.log(answer.rank ?? answer);
//
// Every promise is kept with an object: the server's JSON, or an error as
// {error: code, message, status: of HTTP or 0, final: whether it would fail again}.
// None is rejected. The game may be on another site than the server: no call needs a preflight.

const TIMEOUT = 10_000; // milliseconds, for each request
const LONGEST_WAIT = 300_000; // between two tries: a wrong secret is not tried too often, either
const NOT_FINAL = [408, 425, 429]; // the errors 4xx that say nothing about the post itself

export class GameServer {
  // The player's `user` and `secret` and the posts that wait are in `storage`, under keys that
  // begin with `name`. `onPost(post, answer)` is called once for each post that leaves the queue:
  // with the server's answer, or with the error for which it was dropped.
  constructor(url, { name = "gameserver", storage = browserStorage(), onPost = () => {} } = {}) {
    this.url = url.replace(/\/+$/, "");
    this.onPost = onPost;
    this._storage = storage;
    this._userKey = `${name}-user`;
    this._queueKey = `${name}-queue`;
    this._awaited = new Map(); // the answers to the posts that a call of `post` is about, by id
    this._unsaved = {}; // what the storage did not take
    this._key = "";
    this._failures = 0;
    this._notBefore = 0;
    this._reason = "";
    this._conversation = Promise.resolve(); // one at a time
    this._timer = null;
  }

  // What a game calls

  // The player's `user`: kept from the first call on, with the secret that proves it.
  user() {
    return this._inTurn(() => this._user());
  }

  // Gives the player a name, 1 to 32 characters.
  rename(name) {
    return this._inTurn(() => this._askAsPlayer("/api/users/{user}?_method=PUT", { name }));
  }

  // Posts a score: its `rank`, `best` …; {queued: n, reason} if it has to wait; it is then sent
  // later, even if the page is opened again only tomorrow. `more` are `meta`, `run` or `key`.
  async post(level, score, more = {}) {
    const id = newId();
    this._save(this._queueKey, [...this._queue(), { level, body: { id, score, ...more } }]);
    this._awaited.set(id, null);
    await this._inTurn(() => this._sendQueue());
    const answer = this._awaited.get(id);
    this._awaited.delete(id);
    return answer ?? this._waiting();
  }

  // Sends what waits, in order; returns `queued`: how many posts still wait, and `reason`.
  // Call it when the game starts, and as often as you like: nothing is sent before a wait that
  // the server asked for, or that follows a failure, is over. Then it calls itself.
  async flush() {
    await this._inTurn(() => this._sendQueue());
    return this._waiting();
  }

  // The first `entries` of a level's list.
  top(level, limit = 15) {
    return this._ask("GET", `/api/levels/${level}?limit=${limit}`);
  }

  // The player's `rank`, and `entries` with as many neighbours on each side.
  async around(level, around = 5) {
    const user = await this.user();
    if (user.error) return user;
    return this._ask("GET", `/api/levels/${level}/users/${user.user}?around=${around}`);
  }

  // Calls `onBoard` with the lists of some levels, as `top` gives them: each at once and after
  // every change. Returns a function that ends it.
  watch(levels, onBoard) {
    let failures = 0, source, timer;
    const open = () => {
      source = new EventSource(`${this.url}/api/live?levels=${levels.join(",")}`);
      source.addEventListener("board", (event) => {
        failures = 0;
        onBoard(JSON.parse(event.data));
      });
      source.onerror = () => {
        if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
        timer = setTimeout(open, waitFor(++failures, 0));
      };
    };
    open();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }

  // The queue. It is read from the storage each time: other tabs may use it as well.

  async _sendQueue() {
    let post;
    while ((post = this._queue()[0]) && performance.now() >= this._notBefore) {
      const answer = await this._askAsPlayer(`/api/levels/${post.level}/scores`, post.body);
      if (answer.error && !answer.final) {
        this._reason = answer.error;
        this._pause(waitFor(++this._failures, answer.retryAfter));
        break;
      }
      this._failures = 0;
      this._save(this._queueKey, this._queue().filter((each) => each.body.id !== post.body.id));
      if (this._awaited.has(post.body.id)) this._awaited.set(post.body.id, answer);
      this.onPost(post, answer);
    }
  }

  _pause(wait) {
    this._notBefore = performance.now() + wait;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this.flush(), wait + 1);
  }

  _queue() {
    const queue = this._load(this._queueKey);
    return Array.isArray(queue) ? queue.filter((post) => post?.body) : [];
  }

  _waiting() {
    const queued = this._queue().length;
    return queued ? { queued, reason: this._reason } : { queued };
  }

  // Requests

  async _user() {
    let user = this._load(this._userKey);
    if (!user?.secret) {
      user = await this._ask("POST", "/api/users", {});
      if (user.error) return user;
      this._save(this._userKey, { user: user.user, secret: user.secret });
    }
    return { user: user.user };
  }

  // Asks with a session key; if the key has expired, once more with a new one.
  async _askAsPlayer(path, body) {
    let answer;
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused = this._key ? null : await this._logIn();
      if (refused) return { ...refused, final: false }; // it says nothing about what was asked
      path = path.replace("{user}", this._load(this._userKey).user);
      answer = await this._ask("POST", path, { ...body, sessionkey: this._key });
      if (answer.status !== 401) break;
      this._key = "";
    }
    return answer;
  }

  // Gets a session key; returns the error if there is none.
  async _logIn() {
    const user = await this._user();
    if (user.error) return user;
    const { secret } = this._load(this._userKey);
    const [status, wait, text] = await this._request("POST", `/${user.user}/login`, secret);
    if (status !== 200 || !/^\w+$/.test(text.trim())) return errorOf(status, wait, text);
    this._key = text.trim();
    return null;
  }

  // A request with JSON, and its answer.
  async _ask(method, path, body) {
    const sent = body && JSON.stringify(body);
    const [status, wait, text] = await this._request(method, path, sent);
    const answer = parsed(text);
    return answer && status >= 200 && status < 300 ? answer : errorOf(status, wait, text, answer);
  }

  // The status, the milliseconds of Retry-After, and the body. 0 if there was no answer.
  async _request(method, path, body) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), TIMEOUT);
    try {
      // A text body is sent as text/plain, for which a browser does not ask the server first.
      const options = { method, body, signal: stop.signal, credentials: "omit" };
      const response = await fetch(this.url + path, options);
      const wait = 1000 * (Number(response.headers.get("Retry-After")) || 0);
      return [response.status, wait, await response.text()];
    } catch (error) {
      return [0, 0, String(error)];
    } finally {
      clearTimeout(timer);
    }
  }

  // Runs `talk` when all that was to be said before has been said.
  _inTurn(talk) {
    const turn = this._conversation.then(talk);
    this._conversation = turn.catch(() => {});
    return turn;
  }

  // A storage that is full, or that the browser forbids, does not stop the game: what it did not
  // take is in memory, and goes out as long as the page is open.
  _save(key, value) {
    try {
      this._storage.setItem(key, JSON.stringify(value));
      delete this._unsaved[key];
    } catch {
      this._unsaved[key] = value;
    }
  }

  _load(key) {
    if (key in this._unsaved) return this._unsaved[key];
    try {
      return JSON.parse(this._storage.getItem(key));
    } catch {
      return null;
    }
  }
}

// An error as a value. What no gameserver can have said (`no_answer`) is a network's page.
function errorOf(status, retryAfter, text, problem) {
  const code = status >= 300 ? `http_${status}` : status ? "no_answer" : "offline";
  const said = problem?.error ? problem : {};
  const final = status >= 400 && status < 500 && !NOT_FINAL.includes(status);
  const message = text.trim().split("\n")[0].slice(0, 200);
  return { error: code, message, ...said, status, final, retryAfter };
}

// Milliseconds until the next try; at random, so that not all players come back at once.
function waitFor(failures, retryAfter) {
  if (retryAfter) return retryAfter * (1 + Math.random() / 4);
  return Math.min(LONGEST_WAIT, 1000 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

// localStorage; null where the browser forbids it, as to a game in a frame of another site.
function browserStorage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
