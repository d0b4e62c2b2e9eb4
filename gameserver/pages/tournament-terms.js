// What a tournament is, in words: its mode, its times, its results.

import { now } from "/static/api.js";
import { make } from "/static/dom.js";
import * as format from "/static/format.js";
import { words } from "/static/words.js";

const english = navigator.language?.startsWith("en") ? navigator.language : "en-GB";
const WHEN = {
  day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit",
};
const local = new Intl.DateTimeFormat(english, { weekday: "short", ...WHEN });
const utc = new Intl.DateTimeFormat("en-GB", { ...WHEN, timeZone: "UTC" });
const list = new Intl.ListFormat("en-GB");
const GAMES = ["beginner", "intermediate", "expert"];

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// Moments of this API are in UTC, and do not say so.
export const dated = (text) => new Date(`${text}Z`);
export const inUtc = (text) => `${utc.format(dated(text))} UTC`;
export const moment = (text) => (
  make("time", { datetime: `${text}Z`, title: inUtc(text) }, local.format(dated(text)))
);

export const span = ({ start, end }) => local.formatRange(dated(start), dated(end));
export const spanInUtc = ({ start, end }) => `${utc.formatRange(dated(start), dated(end))} UTC`;

// Seconds from now to a moment, below zero for one that has passed.
export const secondsTo = (text) => (dated(text).getTime() - now()) / 1000;

export function phase({ start, end }) {
  if (secondsTo(end) <= 0) return "over";
  return secondsTo(start) > 0 ? "upcoming" : "running";
}

// What counts down: to the start, or to the end.
export const countdown = ({ start, end }) => {
  const next = secondsTo(start) > 0 ? start : end;
  return { next_reset: `${next}Z`, resets_in: Math.max(0, secondsTo(next)) };
};

// `modeparams` as numbers; of a mode that is not known here nobody knows how many games it takes.
export function params({ mode, modeparams }) {
  const [first, second] = modeparams.split(",");
  const numbers = first.split("+").map(Number);
  if (mode === "levels") {
    return { levels: numbers, isAscending: second === "asc", games: numbers.length };
  }
  if (!mode.startsWith("sum")) return { games: null };
  const games = numbers.reduce((sum, each) => sum + each, 0);
  return { counts: numbers, minutes: Number(second), games };
}

export const isMinesweeper = ({ mode }) => mode !== "levels";

// How one wins, as an element.
export function rules(tournament) {
  const { mode, modeparams } = tournament;
  const { levels, isAscending, counts, minutes, games } = params(tournament);
  if (mode === "levels") {
    return words("mode-levels", {
      levels: linked(levels),
      level: linked(levels),
      one: { hidden: games > 1 },
      many: { hidden: games === 1 },
      desc: { hidden: isAscending },
      asc: { hidden: !isAscending },
    });
  }
  if (!mode.startsWith("sum")) return words("mode-other", { mode, modeparams });
  return words("mode-sum", {
    games: list.format(counted(counts, games)),
    one: { hidden: games > 1 },
    many: { hidden: games === 1 },
    limited: { hidden: mode !== "sum_timelimit" },
    limit: minutes ? format.duration(60 * minutes) : "",
  });
}

// "3 beginner", "1 expert"; a single game needs no number.
function counted(counts, games) {
  const levels = GAMES.filter((_, place) => counts[place]);
  const each = counts.filter(Boolean);
  return games === 1 ? levels : levels.map((level, place) => `${each[place]} ${level}`);
}

function linked(levels) {
  const links = levels.map((level) => make("a", { href: `/levels/${level}` }, `${level}`));
  const parts = list.formatToParts(levels.map(String));
  return make("span", {}, ...parts.map(({ type, value }) => (
    type === "element" ? links.shift() : value
  )));
}

// A line of the standings: times are in milliseconds.
export function result(tournament, score) {
  if (!isMinesweeper(tournament)) return format.count(score);
  return format.score(score, { format: "time", decimals: 3 });
}
