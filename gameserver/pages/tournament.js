// One tournament: what it is and how long it goes on; its parts are modules of their own, of which
// each shows what the server has said last.

import { now } from "/static/api.js";
import { ask, check, isLoggedIn } from "/static/account.js";
import { fill, showOnly } from "/static/dom.js";
import { duration } from "/static/format.js";
import { countDown } from "/static/live.js";
import { poll } from "/static/poll.js";
import { hostPart } from "/static/tournament-host.js";
import { keyPart } from "/static/tournament-key.js";
import { standingsPart } from "/static/tournament-standings.js";
import {
  countdown, phase, rules, secondsTo, span, spanInUtc, zone,
} from "/static/tournament-terms.js";
import { uploadPart } from "/static/tournament-upload.js";
import { explain, show as reveal, slot, tell } from "/static/words.js";

const SECONDS = { upcoming: 20, running: 5, over: 60 };
const DETAIL_SECONDS = 30;

export async function show(root, { captures: [id], query, signal }) {
  const says = slot(root, "says");
  const context = { id, query, signal, refresh: () => askAgain() };
  const parts = [keyPart, uploadPart, standingsPart, hostPart].map((part) => part(root, context));
  fill(root, { zone, json: { href: `/api/tournaments/standings/${id}` } });

  let detail = null;
  let askedAt = 0;

  // The page of the tournament is asked for seldom, but by its host, and by those who wait for one.
  async function readDetail() {
    const isWaiting = detail?.unproven || detail?.tournament.status === "requested";
    if (detail && !isWaiting && now() - askedAt < 1000 * DETAIL_SECONDS) return;
    const asked = now();
    detail = await ask("GET", `/api/tournaments/detail/${id}`);
    askedAt = asked;
    if (isLoggedIn() && detail.tournament.status === "not_logged_in") await check();
  }

  async function read() {
    await readDetail();
    const { tournament, unproven } = detail;
    const is = phase(tournament);
    const isHidden = tournament.hide_results && is !== "over" && !unproven;
    return { ...detail, table: isHidden ? null : await readTable(id), phase: is };
  }

  const refresh = poll(read, (view) => {
    tell(says, null);
    showHead(root, view);
    for (const update of parts) update(view);
    return untilNext(view);
  }, (state, failure) => {
    showOnly(slot(root, "state"), state === "refused" ? "live" : state);
    if (failure && state === "refused") explain(says, failure);
    if (failure?.status === 404) reveal(slot(root, "lost"), true);
  }, signal);
  function askAgain() {
    askedAt = 0;
    return refresh();
  }
  await refresh();
}

// The table; null as long as it is for the host alone.
async function readTable(id) {
  try {
    const { standings } = await ask("GET", `/api/tournaments/standings/${id}`);
    return standings;
  } catch (failure) {
    if (failure.code === "results_hidden") return null;
    throw failure;
  }
}

// At the latest when it starts or ends.
function untilNext({ phase: is, tournament }) {
  const left = secondsTo(is === "upcoming" ? tournament.start : tournament.end);
  return is === "over" ? SECONDS.over : Math.max(0.5, Math.min(SECONDS[is], 1.15 * left + 0.2));
}

function showHead(root, { tournament, host, phase: is }) {
  const { name, location: where, open_entry: isOpen, hide_results: isHidden } = tournament;
  document.title = `${name} · Tournament`;
  fill(root, {
    name,
    host,
    location: where,
    located: { hidden: !where },
    rules: rules(tournament),
    closed: { hidden: isOpen },
    hiding: { hidden: !isHidden || is === "over" },
    upcoming: { hidden: is !== "upcoming" },
    running: { hidden: is !== "running" },
    over: { hidden: is !== "over" },
    span: span(tournament),
    "span-utc": spanInUtc(tournament),
  });
  if (is !== "over") countDown(slot(root, is === "upcoming" ? "to-start" : "to-end"),
    countdown(tournament), duration);
  reveal(slot(root, "body"), true);
}
