// A level: its entries, or its settings.

import { address } from "/static/api.js";
import { fill } from "/static/dom.js";
import { showEntries } from "/static/console-entries.js";
import { showSettings } from "/static/console-settings.js";
import { ask } from "/static/console-session.js";
import { act, slot } from "/static/console-words.js";

const MOST = 1000;

export async function show(root, { captures: [level, tab], query }) {
  const here = `#/levels/${level}`;
  fill(root, {
    number: level,
    board: { href: `/levels/${level}` },
    entries: { href: here, "aria-current": tab ? null : "page" },
    settings: { href: `${here}/settings`, "aria-current": tab ? "page" : null },
  });
  await act(slot(root, "says"), null, async () => {
    const summary = await found(Number(level));
    fill(root, { title: summary?.title ?? "" });
    if (tab) showSettings(root, level, summary?.settings ?? null);
    else await showEntries(root, level, query);
  });
}

// The line of a level in the list of levels; undefined for one that was never used. Titles with
// the number in them are found as well, and there may be many.
async function found(level) {
  for (let offset = 0, total = 1; offset < total; offset += MOST) {
    const part = await ask("GET", address("/api/levels", { q: level, offset, limit: MOST }));
    const line = part.levels.find((each) => each.level === level);
    if (line) return line;
    total = part.total;
  }
  return undefined;
}
