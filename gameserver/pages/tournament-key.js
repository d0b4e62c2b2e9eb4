// One's own part in a tournament: entering it, and the key.

import { ask, isLoggedIn, isMe } from "/static/account.js";
import { fill, showOnly } from "/static/dom.js";
import { count, duration } from "/static/format.js";
import { countDown } from "/static/live.js";
import {
  inUtc, isMinesweeper, moment, params, result, secondsTo,
} from "/static/tournament-terms.js";
import { act, offerCopy, show as reveal, slot } from "/static/words.js";

const NONE_YET = ["not_generated", "not_generated_yet", "never_generated"];

export function keyPart(root, { id, refresh }) {
  const part = slot(root, "part");
  const says = slot(part, "part-says");
  const field = slot(part, "key");
  let issued = null;
  let isAsked = false;

  for (const button of part.querySelectorAll("[data-call]")) {
    button.addEventListener("click", () => act(says, button, async () => {
      await send(button.dataset.call);
      await refresh();
      (field.checkVisibility() ? field : slot(part, "part-title")).focus();
    }));
  }
  async function send(call) {
    try {
      const answer = await ask("POST", `/api/tournaments/${call}/${id}`);
      if (answer.key) issued = answer;
    } catch (failure) {
      if (failure.code !== "key_exists") throw failure;
      isAsked = false; // it was drawn in another tab
    }
  }

  offerCopy(slot(part, "copy"), field, slot(part, "copied"));

  // The key that was drawn, perhaps on another device, is asked for once.
  async function read() {
    isAsked = true;
    try {
      issued = await ask("GET", `/api/tournaments/get_key/${id}`);
      await refresh();
    } catch (failure) {
      isAsked = failure.status !== 0 && NONE_YET.includes(failure.code);
    }
  }

  return (view) => {
    const { tournament, phase, table } = view;
    const state = stateOf(view, issued);
    if (state === "no-key" && !isAsked) read();
    showOnly(slot(part, "part-states"), state);
    const own = table?.find(({ username }) => isMe(username));
    reveal(slot(part, "place"), Boolean(own?.games));
    if (own) {
      fill(part, {
        rank: count(own.rank), players: count(table.length), own: result(tournament, own.score),
      });
    }
    if (state === "before") fill(part, { "key-from": moment(tournament.start) });
    const key = issued && phase !== "over" ? issued : null;
    if (key) showKey(part, field, key);
    showPosting(slot(root, "posting"), tournament, phase, key);
    const isOnMinesweeper = isMinesweeper(tournament);
    reveal(slot(part, "for-replays"), isOnMinesweeper);
    reveal(slot(part, "for-levels"), !isOnMinesweeper);
  };
}

function stateOf({ tournament: { status, open_entry: isOpen }, phase }, issued) {
  if (phase === "over") return "over";
  if (!isLoggedIn() || status === "not_logged_in") return "logged-out";
  if (status === "not_participating") return isOpen ? "open" : "closed";
  if (status !== "participating") return status;
  if (phase === "upcoming") return "before";
  return issued ? "key" : "no-key";
}

function showKey(part, field, { key, key_expiry: expiry }) {
  if (field.value !== key) field.value = key;
  fill(part, { arbiter: `Your name#${key}`, expiring: { hidden: !expiry } });
  if (!expiry) return;
  const left = Math.max(0, secondsTo(expiry));
  reveal(slot(part, "expiring"), left > 0);
  reveal(slot(part, "expired"), left <= 0);
  const time = slot(part, "expiry");
  countDown(time, { next_reset: `${expiry}Z`, resets_in: left }, duration);
  time.title = inUtc(expiry);
}

// The lines with which a post counts, with this server's address.
function showPosting(section, tournament, phase, issued) {
  const { levels } = params(tournament);
  reveal(section, Boolean(levels) && phase !== "over");
  if (section.hidden) return;
  fill(section, {
    origin: location.origin,
    level: `${levels[0]}`,
    "curl-key": issued?.key ?? "YOUR_KEY",
    without: { hidden: Boolean(issued) },
  });
}
