// The tournaments that run, those that are to come and those that are over, and one's own.

import { address } from "/static/api.js";
import { arrange, copy, fill } from "/static/dom.js";
import { ask, isLoggedIn } from "/static/account.js";
import { duration } from "/static/format.js";
import { countDown } from "/static/live.js";
import { poll } from "/static/poll.js";
import { countdown, dated, phase, rules, span } from "/static/tournament-terms.js";
import { explain, show as reveal, slot, tell, turnPages, whole } from "/static/words.js";

const PAGE = 30;
const SECONDS = 30;
const ORDERS = {
  in_progress: (a, b) => dated(a.end) - dated(b.end),
  upcoming: (a, b) => dated(a.start) - dated(b.start),
  archive: (a, b) => dated(b.end) - dated(a.end),
  my_active: (a, b) => dated(a.start) - dated(b.start),
};

export async function show(root, { query, signal }) {
  const asked = query.get("list");
  const name = Object.hasOwn(ORDERS, asked ?? "") ? asked : "in_progress";
  const offset = whole(query.get("offset"));
  const path = `/api/tournaments/${name}`;
  const isPaged = name !== "my_active";
  const says = slot(root, "says");
  for (const link of root.querySelectorAll("[data-list]")) {
    if (link.dataset.list === name) link.setAttribute("aria-current", "page");
  }
  reveal(slot(root, "mine"), isLoggedIn());
  if (!isPaged && !isLoggedIn()) {
    tell(says, "code-not_logged_in");
    return;
  }
  const read = () => ask("GET", isPaged ? address(path, { limit: PAGE, offset }) : path);
  const cards = new Map();
  await poll(read, (tournaments) => {
    tell(says, null);
    tournaments.sort((a, b) => ORDERS[name](a, b) || a.id - b.id);
    arrange(slot(root, "cards"), tournaments.map((each) => {
      if (!cards.has(each.id)) cards.set(each.id, copy("card"));
      return fillCard(cards.get(each.id), each);
    }));
    const page = (to) => address("/tournaments", { list: asked, offset: to });
    turnPages(root, page, { offset, limit: isPaged ? PAGE : Infinity, shown: tournaments.length });
    for (const each of root.querySelectorAll("[data-none]")) {
      reveal(each, !tournaments.length && each.dataset.none === (offset ? "page" : name));
    }
    return SECONDS;
  }, (state, failure) => failure && explain(says, failure), signal)();
}

function fillCard(card, tournament) {
  const is = phase(tournament);
  const { id, name, location: place, status, open_entry: isOpen } = tournament;
  fill(card, {
    name,
    link: { href: `/tournaments/${id}` },
    rules: rules(tournament),
    place,
    located: { hidden: !place },
    span: span(tournament),
    upcoming: { hidden: is !== "upcoming" },
    running: { hidden: is !== "running" },
    over: { hidden: is !== "over" },
    closed: { hidden: isOpen },
  });
  for (const badge of card.querySelectorAll("[data-status]")) {
    reveal(badge, badge.dataset.status === status);
  }
  if (is !== "over") {
    const left = slot(card, is === "upcoming" ? "to-start" : "to-end");
    countDown(left, countdown(tournament), duration);
  }
  return card;
}
