// A player: state, name, all scores, and what cannot be undone.

import { address } from "/static/api.js";
import { copy, fill } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import {
  act, offerUndo, onSubmit, show as reveal, slot, tell, when,
} from "/static/console-words.js";
import { count } from "/static/format.js";

const OFFERED = { ok: ["ban", "hide"], banned: ["unban"], hidden: ["unhide", "ban"] };
const ACTIONS = ["ban", "unban", "hide", "unhide"];

export async function show(root, { captures: [user] }) {
  const path = `/api/users/${user}`;
  const purge = { href: address("#/purge", { user }) };
  fill(root, { number: user, page: { href: `/users/${user}` }, purge });
  const load = async () => put(root, user, await ask("GET", path));
  for (const action of ACTIONS) offer(root, action, `${path}/${action}`, load);
  onSubmit(slot(root, "rename"), slot(root, "name-says"), async () => {
    const typed = slot(root, "name-field").value.trim();
    const { name } = await ask("PUT", path, { json: { name: typed || null } });
    fill(root, { name });
    tell(slot(root, "name-says"), "renamed");
  });
  onSubmit(slot(root, "unclaim"), slot(root, "unclaim-says"), async () => {
    await ask("POST", `${path}/unclaim`, { json: {} });
    tell(slot(root, "unclaim-says"), "unclaimed");
  });
  offerForgetting(root, user, path, load);
  await act(slot(root, "says"), null, async () => {
    await load();
    reveal(slot(root, "all"), true);
  });
}

function put(root, user, { name, scores, state }) {
  fill(root, { name, state });
  slot(root, "name-field").value = name ?? "";
  for (const action of ACTIONS) reveal(slot(root, action), OFFERED[state].includes(action));
  slot(root, "rows").replaceChildren(...scores.map((score) => row(user, score)));
  reveal(slot(root, "none"), !scores.length && state === "ok");
  reveal(slot(root, "away"), state !== "ok");
}

// The button of a state; what it did can be undone beside it.
function offer(root, action, path, load) {
  const says = slot(root, "state-says");
  const button = slot(root, action);
  button.addEventListener("click", () => act(says, button, async () => {
    const { state, undo } = await ask("POST", path);
    tell(says, "state", { state });
    await load();
    offerUndo(says, undo, () => act(slot(root, "says"), null, load));
  }));
}

function offerForgetting(root, user, path, load) {
  const form = slot(root, "forget");
  const typed = slot(root, "typed");
  const button = form.querySelector("button");
  typed.addEventListener("input", () => {
    button.disabled = typed.value.trim() !== user;
  });
  onSubmit(form, slot(root, "forget-says"), async () => {
    await ask("DELETE", path);
    typed.value = "";
    button.disabled = true;
    tell(slot(root, "forget-says"), "forgotten");
    await load();
  });
}

function row(user, { level, season, rank, score, at }) {
  const values = { level, season, rank: count(rank), score: count(score), at: when(at) };
  const element = fill(copy("user-score"), { ...values, which: level });
  const board = `#/levels/${level}`;
  const line = address(board, { season, users: user });
  fill(element, { level: { href: board }, seasonal: { href: line } });
  // The call takes away the score of the season that is on, which need not be this one.
  const button = slot(element, "remove");
  const says = slot(element, "says");
  reveal(button, season === "all");
  reveal(slot(element, "seasonal"), season !== "all");
  button.addEventListener("click", () => act(says, button, async () => {
    const { undo } = await ask("DELETE", `/api/levels/${level}/users/${user}`);
    element.classList.add("gone");
    reveal(button, false);
    tell(says, "removed");
    offerUndo(says, undo, () => {
      element.classList.remove("gone");
      reveal(button, true);
      button.focus();
    });
  }));
  return element;
}
