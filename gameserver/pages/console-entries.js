// The entries of a board, with what can be done about each beside it.

import { address } from "/static/api.js";
import { copy, fill, make } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { act, offerUndo, show, slot, tell, turnPages, when, whole } from "/static/console-words.js";
import { count } from "/static/format.js";

const LIMIT = 50;

export async function showEntries(root, level, query) {
  const chosen = query.get("season");
  const users = query.get("users");
  const offset = users ? 0 : whole(query.get("offset"));
  const path = `/api/levels/${level}`;
  const asked = users ? { users } : { offset, limit: LIMIT };
  const [board, { seasons }] = await Promise.all([
    ask("GET", address(path, { season: chosen, ...asked })),
    ask("GET", `${path}/seasons`),
  ]);
  const body = copy("entries");
  offerChoice(body, level, seasons, board.season, users);
  const isOn = !chosen || seasons.some(({ season, end }) =>
    season === board.season && (end === null || new Date(end) > new Date()));
  const rows = board.entries.map((entry) => row(level, entry, isOn));
  slot(body, "rows").replaceChildren(...rows);
  show(slot(body, "none"), !rows.length);
  show(slot(body, "past"), !isOn);
  slot(body, "purge").href = address("#/purge", { level });
  const at = (start) => address(`#/levels/${level}`, { season: chosen, offset: start });
  const total = users ? rows.length : board.players;
  turnPages(body, at, { offset, limit: LIMIT, shown: rows.length, total });
  slot(root, "body").replaceChildren(body);
}

function offerChoice(body, level, seasons, shown, users) {
  const form = slot(body, "pick");
  const options = seasons.map(({ season }) =>
    make("option", { value: season, selected: season === shown }, season));
  form.elements.season.replaceChildren(...options);
  form.elements.users.value = users ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = form.elements.users.value.replaceAll(" ", "");
    const season = form.elements.season.value;
    const isOnly = seasons.length < 2 || season === seasons[0].season;
    location.hash = address(`#/levels/${level}`, { season: isOnly ? "" : season, users: wanted });
  });
}

function row(level, { rank, user, name, score, display, at, meta }, isOn) {
  const element = fill(copy("entry"), {
    rank: count(rank),
    user, name,
    who: user,
    score: display ?? count(score),
    at: when(at),
    meta: meta === undefined ? "" : JSON.stringify(meta),
  });
  fill(element, { user: { href: `#/users/${user}` } });
  show(slot(element, "remove"), isOn);
  on(element, "remove", "removed", () => ask("DELETE", `/api/levels/${level}/users/${user}`));
  on(element, "hide", "hidden", () => ask("POST", `/api/users/${user}/hide`));
  return element;
}

// The button does it, and from then on its row has one that undoes it.
function on(element, name, word, work) {
  const says = slot(element, "says");
  const button = slot(element, name);
  const setGone = (isGone) => {
    element.classList.toggle("gone", isGone);
    show(button.parentElement, !isGone);
  };
  button.addEventListener("click", () => act(says, button, async () => {
    const { undo } = await work();
    setGone(true);
    tell(says, word);
    offerUndo(says, undo, () => {
      setGone(false);
      button.focus();
    });
  }));
}
