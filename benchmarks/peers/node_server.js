// The game API on Node's http: Maps, one process. Usage: node node_server.js PORT
"use strict";

const { randomBytes } = require("node:crypto");
const http = require("node:http");

const KEY_LIFETIME = 600_000; // milliseconds
const LIST_LENGTH = 15;
const LARGEST = 2 ** 31 - 1;
const MAX_BODY = 1024;

const sessions = new Map(); // key -> {user, expires}, in order of expiry
const levels = new Map(); // level id -> {best: user -> score, top: the best of those, csv}

function login(user) {
  const now = Date.now();
  for (const [key, session] of sessions) {
    if (session.expires >= now) break;
    sessions.delete(key);
  }
  const key = randomBytes(16).toString("base64url");
  sessions.set(key, { user, expires: now + KEY_LIFETIME });
  return key;
}

function submit(key, levelId, score) {
  const session = sessions.get(key);
  if (session === undefined || session.expires < Date.now()) return false;
  let level = levels.get(levelId);
  if (level === undefined) {
    level = { best: new Map(), top: [], csv: "" };
    levels.set(levelId, level);
  }
  if (score > (level.best.get(session.user) ?? -1)) {
    level.best.set(session.user, score);
    place(level, { user: session.user, score });
  }
  return true;
}

// A best score only rises, so a user outside the top can enter it only by a new best.
// Of two equal scores the earlier stands first.
function place(level, standing) {
  const top = level.top;
  if (top.length === LIST_LENGTH && standing.score <= top[LIST_LENGTH - 1].score) return;
  const old = top.findIndex((other) => other.user === standing.user);
  if (old >= 0) top.splice(old, 1);
  const at = top.findIndex((other) => other.score < standing.score);
  top.splice(at < 0 ? top.length : at, 0, standing);
  top.length = Math.min(top.length, LIST_LENGTH);
  level.csv = "";
}

function highScoreList(levelId) {
  const level = levels.get(levelId);
  if (level === undefined) return "";
  if (level.csv === "") level.csv = level.top.map((s) => `${s.user}=${s.score}`).join(",");
  return level.csv;
}

function number(text) {
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : NaN;
  return value <= LARGEST ? value : NaN;
}

function reply(response, status, text = "") {
  response.writeHead(status, {
    "Content-Type": "text/plain",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}

function serveScore(request, response, levelId, query) {
  let body = "";
  request.setEncoding("latin1");
  request.on("data", (chunk) => {
    body += chunk;
    if (body.length > MAX_BODY) request.destroy();
  });
  request.on("end", () => {
    const score = number(body);
    const key = new URLSearchParams(query).get("sessionkey") ?? "";
    if (Number.isNaN(score)) reply(response, 400);
    else reply(response, submit(key, levelId, score) ? 200 : 401);
  });
}

const actions = {
  "GET login": (request, response, user) => reply(response, 200, login(user)),
  "GET highscorelist": (request, response, level) => reply(response, 200, highScoreList(level)),
  "POST score": serveScore,
};

function serve(request, response) {
  const [path, query] = request.url.split("?", 2);
  const route = /^\/([0-9]+)\/(login|score|highscorelist)$/.exec(path);
  if (route === null) return reply(response, 404);
  const action = actions[`${request.method} ${route[2]}`];
  if (action === undefined) return reply(response, 405);
  const target = number(route[1]);
  if (Number.isNaN(target)) return reply(response, 400);
  action(request, response, target, query);
}

http.createServer(serve).listen(Number(process.argv[2]), "127.0.0.1", 1024);
