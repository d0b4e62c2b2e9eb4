// One board: its pages and seasons, a player and the neighbours, and how the scores are spread.
// What is shown follows from the address: `season`, `offset`, `user`, `embed`.

import { address, get } from "/static/api.js";
import { byId, copy, fill, make, ready, setAttribute, showOnly } from "/static/dom.js";
import * as format from "/static/format.js";
import { showLines } from "/static/lines.js";
import { countDown, Follower } from "/static/live.js";
import { showSpread } from "/static/spread.js";

const level = Number(location.pathname.split("/")[2]);
const path = `/api/levels/${level}`;
const PAGE = 15; // as a stream has it
const AROUND = 2;
const REST_SECONDS = 30;

const follower = new Follower(showBoard, (state) => showOnly(byId("state"), state), readBoard);
let settings = {};
let view = {};
let restAt = 0;
let hasTitle = false;

// The address.

function read() {
  const query = new URLSearchParams(location.search);
  view = {
    season: query.get("season"),
    offset: Math.max(0, Number.parseInt(query.get("offset"), 10) || 0),
    user: query.get("user"),
    embed: query.get("embed"),
  };
}

function link(changes) {
  const { season, offset, user, embed } = { ...view, ...changes };
  return address(location.pathname, { season, offset: offset || null, user, embed });
}

function go(changes) {
  history.pushState(null, "", link(changes));
  return render();
}

// All of it.

async function render() {
  read();
  byId("whole").href = link({ embed: null });
  byId("json").href = address(path, { season: view.season, offset: view.offset || null });
  byId("csv").href = address(`${path}.csv`, { season: view.season });
  byId("embed").href = link({ embed: "1" });
  byId("who").value = view.user ?? "";
  const asked = view;
  await attempt(async () => {
    restAt = Date.now();
    const [board, user] = await Promise.all([readBoard(), readUser(), known]);
    if (asked !== view) return; // somebody has gone on meanwhile
    showBoard(board);
    showUser(user);
    const isCurrent = !view.season && !view.offset;
    follower.follow(isCurrent ? [level] : []);
    byId("state").hidden = !isCurrent;
    await showSpread(path, view, board.players, settings);
    if (asked === view) byId("failed").hidden = true;
  });
  ready();
}

async function attempt(work) {
  const asked = view;
  try {
    await work();
  } catch (failure) {
    if (asked !== view) return;
    byId("failed").textContent = failure.message;
    byId("failed").hidden = false;
    if (!hasTitle) byId("title").textContent = format.level({ title: null, level });
  }
}

function readBoard() {
  return get(address(path, { limit: PAGE, offset: view.offset || null, season: view.season }));
}

// The board.

function showBoard(board) {
  const title = format.level(board);
  document.title = title;
  hasTitle = true;
  byId("title").textContent = title;
  fill(byId("about"), {
    number: `${level}`,
    players: format.count(board.players),
    one: { hidden: board.players !== 1 },
    many: { hidden: board.players === 1 },
    asc: { hidden: settings.order !== "asc" },
    last: { hidden: settings.keep !== "last" },
    sum: { hidden: settings.keep !== "sum" },
    reset: { hidden: board.resets_in === null || Boolean(view.season) },
  });
  byId("about").hidden = false;
  byId("numbered").hidden = board.title === null;
  countDown(byId("left"), board, (left) => (
    `${format.duration(left)} (${format.utcMoment(board.next_reset, left)})`
  ));
  if (board.next_reset) byId("left").title = format.moment(board.next_reset);
  const { entries, offset, players } = board;
  byId("board").hidden = !entries.length;
  byId("empty").hidden = players > 0;
  byId("behind").hidden = !players || entries.length > 0;
  showLines(byId("board"), entries, view, settings);
  showPages(offset, entries.length, players);
  if (Date.now() - restAt > 1000 * REST_SECONDS) attempt(() => refreshRest(players));
}

// What moves with the board, though not each time.
async function refreshRest(players) {
  const asked = view;
  restAt = Date.now();
  const user = await readUser();
  if (asked !== view) return;
  showUser(user);
  await showSpread(path, view, players, settings);
}

function showPages(offset, count, players) {
  const last = Math.max(0, Math.floor((players - 1) / PAGE) * PAGE);
  const targets = {
    first: offset > 0 ? 0 : null,
    previous: offset > 0 ? Math.max(0, Math.min(last, offset - PAGE)) : null,
    next: offset + count < players ? offset + PAGE : null,
  };
  for (const button of byId("pages").querySelectorAll("a")) {
    const target = targets[button.dataset.page];
    if (target === null) button.removeAttribute("href");
    else button.href = link({ offset: target });
    setAttribute(button, "aria-disabled", target === null ? "true" : null);
  }
  fill(byId("pages"), {
    from: format.count(offset + 1),
    to: format.count(offset + count),
    all: format.count(players),
  });
  byId("pages").hidden = players <= PAGE && !offset;
}

// A player and the neighbours.

async function readUser() {
  const { user, season } = view;
  if (!user) return null;
  if (/^\d{1,10}$/.test(user) && Number(user) <= 0x7fffffff) {
    try {
      const place = await get(address(`${path}/users/${Number(user)}`, { around: AROUND, season }));
      return { place };
    } catch (failure) {
      if (failure.code !== "no_such_score") throw failure;
      return { absent: Number(user) };
    }
  }
  const { users } = await get(address("/api/users", { q: user }));
  return { users };
}

function showUser(found) {
  const { place, absent, users } = found ?? {};
  if (users?.length === 1) {
    history.replaceState(null, "", link({ user: users[0].user }));
    render();
    return;
  }
  byId("me").hidden = !found;
  byId("place").hidden = byId("around").hidden = !place;
  byId("absent").hidden = absent === undefined;
  byId("unknown").hidden = users?.length !== 0;
  byId("several").hidden = !(users?.length > 1);
  const user = place?.user ?? absent;
  const name = user === undefined ? view.user ?? "" : format.player(place ?? { name: null, user });
  fill(byId("me"), { name, link: { href: user === undefined ? null : `/users/${user}` } });
  if (place) showPlace(place);
  if (users) showChoices(users);
}

function showPlace(place) {
  fill(byId("place"), {
    rank: format.count(place.rank),
    players: format.count(place.players),
    score: format.score(place.score, settings),
    percentile: place.percentile.toFixed(2),
    tiered: { hidden: place.tier === undefined },
    tier: place.tier ?? "",
  });
  view.own = place.score;
  showLines(byId("around"), place.entries, view, settings);
}

function showChoices(users) {
  byId("several").querySelector("ul").replaceChildren(...users.map((each) => fill(copy("choice"), {
    link: { href: link({ user: each.user }) },
    name: format.player(each),
    user: `${each.user}`,
  })));
}

// Seasons and settings, once.

async function showSeasons() {
  const [{ seasons }, { levels }] = await Promise.all([
    get(`${path}/seasons`), get(address("/api/levels", { q: `${level}` })),
  ]);
  settings = levels.find((each) => each.level === level)?.settings ?? {};
  byId("choose").hidden = seasons.length < 2;
  byId("season").replaceChildren(...seasons.map(({ season }, place) => (
    make("option", { value: place ? season : "" }, season)
  )));
  byId("season").value = view.season ?? "";
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("a[href]");
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);
  const isHere = target?.origin === location.origin && target.pathname === location.pathname;
  if (!target || !isPlain || !isHere || target.hash || target.target || target.id === "embed") return;
  event.preventDefault();
  history.pushState(null, "", target.href);
  render();
});
byId("find").addEventListener("submit", (event) => {
  event.preventDefault();
  go({ user: byId("who").value.trim() });
});
byId("forget").addEventListener("click", () => go({ user: null }));
byId("season").addEventListener("change", ({ target }) => go({ season: target.value, offset: 0 }));
addEventListener("popstate", () => {
  byId("season").value = new URLSearchParams(location.search).get("season") ?? "";
  render();
});

read();
document.documentElement.toggleAttribute("data-embed", view.embed === "1");
byId("whole").hidden = view.embed !== "1";
const known = attempt(showSeasons);
render();
