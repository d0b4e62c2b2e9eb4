// The lines of a board as a table, with those columns in which some line has something.

import { arrange, copy, fill, markChanged, setAttribute } from "/static/dom.js";
import * as format from "/static/format.js";

const COLUMNS = ["tier", "at", "meta"];

// `place` holds the table; `user`, of the view, is the player whose line stands out. Lines of those
// who were there stay the same elements, so that a change can be seen.
export function showLines(place, entries, { user, embed }, settings) {
  const empty = COLUMNS.filter((column) => entries.every((entry) => entry[column] === undefined));
  const body = place.querySelector("tbody");
  const old = new Map([...body.children].map((line) => [line.dataset.user, line]));
  const head = copy("head");
  const lines = entries.map((entry) => {
    const known = old.get(`${entry.user}`);
    const line = known ?? copy("line");
    mark(line, entry, `${entry.user}` === user, Boolean(known));
    return filled(line, entry, settings, embed ? "_blank" : null);
  });
  for (const row of [head, ...lines]) {
    for (const cell of row.children) cell.hidden = empty.includes(cell.dataset.column);
  }
  place.querySelector("thead").replaceChildren(head);
  arrange(body, lines);
}

function mark(line, { user, rank, score }, isOwn, isKnown) {
  const what = `${rank} ${score}`;
  markChanged(line, isKnown && line.dataset.what !== what);
  Object.assign(line.dataset, { user, what, rank });
  setAttribute(line, "aria-current", isOwn ? "true" : null);
}

function filled(line, entry, settings, target) {
  if (entry.at) fill(line, { at: { datetime: entry.at } });
  return fill(line, {
    rank: format.count(entry.rank),
    name: format.player(entry),
    link: { href: `/users/${entry.user}`, target },
    score: format.score(entry.score, settings),
    tier: entry.tier ?? "",
    at: entry.at ? format.moment(entry.at) : "",
    meta: entry.meta ? details(entry.meta) : "",
  });
}

// What a game has said of a score: names and values, whatever they are.
const details = (meta) => Object.entries(meta)
  .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
  .join(", ");
