// What was done, and undoing it.

import { address } from "/static/api.js";
import { copy, fill, make } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { act, show as reveal, slot, tell, turnPages, when, whole } from "/static/console-words.js";
import { count } from "/static/format.js";

const LIMIT = 50;
const FOR_GOOD = new Set([
  "undo", "configure", "make_token", "end_token", "forget", "claim", "unclaim",
]);
const LEADS_TO = { level: "levels", user: "users" };

export async function show(root, { query }) {
  const offset = whole(query.get("offset"));
  await act(slot(root, "says"), null, async () => {
    const { entries } = await ask("GET", address("/api/audit", { offset, limit: LIMIT }));
    slot(root, "rows").replaceChildren(...entries.map(row));
    reveal(slot(root, "none"), !entries.length);
    const at = (start) => address("#/audit", { offset: start });
    turnPages(root, at, { offset, limit: LIMIT, shown: entries.length });
  });
}

function row({ id, at, action, what, by, from, undone }) {
  const element = fill(copy("audit-row"), {
    id, by, from,
    at: when(at),
    action: action.replaceAll("_", " "),
    what: make("span", {}, ...Object.entries(what).flatMap(said)),
    which: id,
  });
  const button = slot(element, "undo");
  const says = slot(element, "says");
  const put = (isUndone) => {
    reveal(button, !isUndone && !FOR_GOOD.has(action));
    reveal(slot(element, "undone"), isUndone);
  };
  put(undone);
  button.addEventListener("click", () => act(says, button, async () => {
    const { restored } = await ask("POST", `/api/audit/${id}/undo`);
    put(true);
    tell(says, restored ? "restored" : "undone", { count: count(restored) });
  }));
  return element;
}

// A member of what it was about: a level or a player is a link.
function said([name, value], index) {
  const comma = index ? ", " : "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const page = LEADS_TO[name];
  const isLink = page && Number.isInteger(value);
  const shown = make("bdi", {}, isLink ? make("a", { href: `#/${page}/${value}` }, text) : text);
  return [`${comma}${name} `, shown];
}
