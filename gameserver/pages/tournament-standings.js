// The table of a tournament, and its players.

import { address } from "/static/api.js";
import { isMe } from "/static/account.js";
import { arrange, copy, fill, markChanged } from "/static/dom.js";
import { count } from "/static/format.js";
import { params, result } from "/static/tournament-terms.js";
import { show as reveal, slot, whole } from "/static/words.js";

const FIRST = 100;

export function standingsPart(root, { query, refresh }) {
  const section = slot(root, "standings");
  let shown = "";

  slot(section, "more").addEventListener("click", () => {
    query.set("show", Math.max(FIRST, whole(query.get("show"))) + 10 * FIRST);
    history.replaceState(null, "", address(location.pathname, Object.fromEntries(query)));
    shown = "";
    refresh();
  });

  return (view) => {
    const { table, players, tournament, phase } = view;
    const limit = Math.max(FIRST, whole(query.get("show")));
    const lines = (table ?? []).slice(0, limit);
    const waiting = players.filter(({ status }) => status === "invited");
    reveal(slot(section, "hidden"), !table);
    reveal(slot(section, "none"), table?.length === 0);
    reveal(slot(section, "table"), lines.length > 0);
    reveal(slot(section, "final"), phase === "over");
    reveal(slot(section, "all"), (table?.length ?? 0) > lines.length);
    reveal(slot(section, "invited"), waiting.length > 0);
    const text = JSON.stringify([lines, waiting, table === null && players]);
    if (text === shown) return;
    shown = text;
    showLines(slot(section, "lines"), lines, tournament);
    fill(section, { shown: count(lines.length), of: count(table?.length ?? 0) });
    showNames(slot(section, "invited-names"), waiting);
    const inside = players.filter(({ status }) => status === "participating");
    reveal(slot(section, "inside"), inside.length > 0);
    showNames(slot(section, "names"), table === null ? inside.slice(0, limit) : []);
  };
}

const showNames = (place, players) => place.replaceChildren(
  ...players.map(({ username }) => fill(copy("name"), { username })),
);

// The line of somebody who was there before is the same element: it stands out if it has changed.
// Deleted users have one name, so the n-th of a name is meant.
function showLines(body, lines, tournament) {
  const old = new Map([...body.children].map((line) => [line.dataset.key, line]));
  const seen = new Map();
  const { games: wanted } = params(tournament);
  arrange(body, lines.map((each) => {
    const { rank, username, score, games, finished } = each;
    const place = seen.get(username) ?? 0;
    seen.set(username, place + 1);
    const key = `${place} ${username}`;
    const line = old.get(key) ?? copy("standing");
    const what = `${rank} ${score} ${games}`;
    markChanged(line, old.has(key) && line.dataset.what !== what);
    Object.assign(line.dataset, { key, what });
    if (games) line.dataset.rank = rank;
    else delete line.dataset.rank;
    line.toggleAttribute("aria-current", isMe(username));
    return fill(line, {
      rank: games ? count(rank) : "–",
      username,
      me: { hidden: !isMe(username) },
      score: games ? result(tournament, score) : "–",
      games: `${games}`,
      wanted: `${wanted}`,
      "of-wanted": { hidden: wanted === null },
      finished: { hidden: !finished },
    });
  }));
}
