// All boards: the busiest levels with their top three, and a search.

import { address, get } from "/static/api.js";
import { arrange, byId, copy, fill, markChanged, ready, showOnly } from "/static/dom.js";
import * as format from "/static/format.js";
import { countDown, Follower } from "/static/live.js";

const PAGE = 24;
const MOST = 1000;
const REFRESH_SECONDS = 30;
const TYPING_MS = 250;
const TOP = 3;

const cards = new Map(); // by level: the element, the level's summary, its board if it has come
const visible = new Set();
const follower = new Follower(showBoard, (state) => showOnly(byId("state"), state));
const watcher = new IntersectionObserver(noticeVisible, { rootMargin: "200px" });

const query = new URLSearchParams(location.search);
let limit = Math.min(MOST, Math.max(PAGE, Number(query.get("limit")) || 0));
let search = query.get("q") ?? "";
let refreshing = 0;
let newest = 0;

// The list of levels, and who is found.

async function refresh() {
  clearTimeout(refreshing);
  const mine = ++newest;
  try {
    const [list, players] = await Promise.all([
      get(address("/api/levels", { limit, q: search })), findPlayers(search),
    ]);
    if (mine !== newest) return;
    byId("failed").hidden = true;
    show(list, players);
  } catch (failure) {
    if (mine !== newest) return;
    byId("failed").textContent = failure.message;
    byId("failed").hidden = false;
    ready();
  }
  refreshing = setTimeout(() => !document.hidden && refresh(), 1000 * REFRESH_SECONDS);
}

async function findPlayers(text) {
  if (!text) return [];
  const byName = text.length > 32 ? [] : (await get(address("/api/users", { q: text }))).users;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0x7fffffff) return byName;
  const { user, name, scores } = await get(`/api/users/${Number(text)}`);
  const others = byName.filter((each) => each.user !== user);
  return name !== null || scores.length ? [{ user, name }, ...others] : others;
}

function show({ levels, total }, players) {
  const isEmpty = !total && !search;
  byId("first").hidden = !isEmpty;
  byId("boards").hidden = !total;
  byId("nothing").hidden = isEmpty || total || players.length;
  byId("more").hidden = levels.length >= total || limit >= MOST;
  byId("shown").textContent = format.count(levels.length);
  byId("total").textContent = format.count(total);
  showPlayers(players);
  showLevels(levels);
  if (!levels.length) ready();
}

function showPlayers(players) {
  byId("players").hidden = !players.length;
  byId("found").replaceChildren(...players.map((each) => fill(copy("player"), {
    link: { href: `/users/${each.user}` },
    name: format.player(each),
    user: each.name === null ? "" : `${each.user}`,
  })));
}

function showLevels(levels) {
  const wanted = new Set(levels.map(({ level }) => level));
  for (const [level, { element }] of cards) {
    if (!wanted.has(level)) {
      element.remove();
      watcher.unobserve(element);
      cards.delete(level);
      visible.delete(level);
    }
  }
  arrange(byId("levels"), levels.map((summary) => {
    const card = cards.get(summary.level) ?? newCard(summary.level);
    card.summary = summary;
    fillCard(card);
    return card.element;
  }));
}

// A card of a level.

function newCard(level) {
  const card = { element: copy("level"), board: null };
  card.element.dataset.level = level;
  fill(card.element, { link: { href: `/levels/${level}` } });
  cards.set(level, card);
  watcher.observe(card.element);
  return card;
}

function fillCard({ element, summary, board }) {
  const { level, title, players, resets_in: left } = { ...summary, ...board };
  fill(element, {
    title: format.level({ level, title }),
    numbered: { hidden: title === null },
    number: `${level}`,
    players: format.count(players),
    one: { hidden: players !== 1 },
    many: { hidden: players === 1 },
    reset: { hidden: left === null },
  });
  countDown(element.querySelector("time"), board ?? summary, format.duration);
  if (board) showTop(element.querySelector("ol"), board, summary.settings);
}

function showBoard(board) {
  const card = cards.get(board.level);
  if (!card) return;
  card.board = board;
  fillCard(card);
  ready();
}

// The lines of those who were there stay the same elements, so that a change can be seen.
function showTop(list, { entries }, settings) {
  const isNew = !list.children.length;
  const old = new Map([...list.children].map((line) => [line.dataset.user, line]));
  const lines = entries.slice(0, TOP).map((entry) => {
    const line = old.get(`${entry.user}`) ?? copy("line");
    const what = `${entry.rank} ${entry.score}`;
    markChanged(line, !isNew && line.dataset.what !== what);
    Object.assign(line.dataset, { user: entry.user, what, rank: entry.rank });
    return fill(line, {
      rank: `${entry.rank}`,
      name: format.player(entry),
      link: { href: `/users/${entry.user}` },
      score: format.score(entry.score, settings),
    });
  });
  arrange(list, lines);
}

// What is looked at.

function noticeVisible(changes) {
  for (const { target, isIntersecting } of changes) {
    const level = Number(target.dataset.level);
    if (isIntersecting) visible.add(level);
    else visible.delete(level);
  }
  follower.follow([...visible].sort((a, b) => a - b));
}

// The search, and how much is shown, are kept in the address.

function remember() {
  history.replaceState(null, "", address("/", { q: search, limit: limit > PAGE ? limit : null }));
}

function searchFor(text) {
  search = text.trim();
  limit = PAGE;
  remember();
  refresh();
}

// What the HTML has the browser load is for the plain address; else Chromium complains of it.
if (search || limit > PAGE) document.querySelector("link[rel=preload]").remove();

let typing = 0;
byId("q").value = search;
byId("q").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => searchFor(target.value), TYPING_MS);
});
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  searchFor(byId("q").value);
});
byId("more").addEventListener("click", () => {
  limit = Math.min(MOST, limit + 2 * PAGE);
  remember();
  refresh();
});

fill(byId("curl"), { origin: location.origin });
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("curl").textContent);
  byId("copied").firstElementChild.hidden = false;
});
document.addEventListener("visibilitychange", () => !document.hidden && refresh());
refresh();
