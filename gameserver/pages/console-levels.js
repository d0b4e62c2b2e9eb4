// The levels, the busiest first, with what is unusual about their settings.

import { address } from "/static/api.js";
import { copy, fill } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { act, show as reveal, slot, turnPages, whole } from "/static/console-words.js";
import { count } from "/static/format.js";

const LIMIT = 50;
const USUAL = { order: "desc", keep: "best", reset: "never", ties: "first", writes: "players" };
const FLAGS = ["runs", "times"];

export async function show(root, { query }) {
  const q = query.get("q") ?? "";
  const offset = whole(query.get("offset"));
  const form = slot(root, "search");
  form.elements.q.value = q;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = address("#/levels", { q: form.elements.q.value.trim() });
  });
  await act(slot(root, "says"), null, async () => {
    const { levels, total } = await ask("GET", address("/api/levels", { q, offset, limit: LIMIT }));
    slot(root, "rows").replaceChildren(...levels.map(row));
    reveal(slot(root, "none"), !levels.length);
    const isNumber = /^[0-9]+$/.test(q);
    reveal(slot(root, "how"), !isNumber);
    if (isNumber) slot(root, "new").href = `#/levels/${Number(q)}/settings`;
    const at = (start) => address("#/levels", { q, offset: start });
    turnPages(root, at, { offset, limit: LIMIT, shown: levels.length, total });
  });
}

function row({ level, title, players, season, best, settings }) {
  const element = fill(copy("levels-row"), {
    link: level,
    title,
    season,
    players: count(players),
    best: best === null ? "" : count(best),
    settings: unusual(settings).join(", "),
  });
  return fill(element, { link: { href: `#/levels/${level}` } });
}

function unusual(settings) {
  const chosen = Object.keys(USUAL).filter((name) => settings[name] !== USUAL[name]);
  return [...chosen.map((name) => settings[name]), ...FLAGS.filter((name) => settings[name])];
}
