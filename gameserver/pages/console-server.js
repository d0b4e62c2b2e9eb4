// The server: ten minutes as small plots, and its settings. It asks every few seconds while it is
// looked at.

import { copy, fill, make } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { bars, explain, slot, tell, when, words } from "/static/console-words.js";
import { duration } from "/static/format.js";

const EVERY_MS = 5000;
const MINUTE_MS = 60000;
const MINUTES = 10;
const COLUMNS = [
  "seconds", "requests", "p50_ms", "p99_ms", "batch", "connections", "scores", "rss_mb",
  "disk_mb", "cpu", "written",
];
const FIGURES = {
  rate: ({ requests, seconds }) => requests / Math.max(1, seconds),
  cpu: ({ cpu }) => 100 * cpu,
  written: ({ written, seconds }) => (60 * written) / Math.max(1, seconds),
};

export async function show(root, { signal }) {
  const says = slot(root, "says");
  let timer = 0;
  const load = async () => {
    clearTimeout(timer);
    let wait = EVERY_MS;
    try {
      const state = await ask("GET", "/api/server", { signal });
      tell(says, null);
      put(root, state);
    } catch (error) {
      if (signal.aborted) return;
      explain(says, error);
      wait = Math.max(EVERY_MS, 1000 * (error.wait ?? 0));
    }
    if (!signal.aborted && !document.hidden) timer = setTimeout(load, wait);
  };
  document.addEventListener("visibilitychange", () => document.hidden || load(), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  await load();
}

function put(root, state) {
  const { version, mode, uptime, minutes, settings } = state;
  const about = words("about", { version, mode, uptime: duration(uptime) });
  slot(root, "about").replaceChildren(about, synced(state));
  for (const card of slot(root, "plots").children) plot(card, minutes);
  slot(root, "minutes").replaceChildren(...minutes.map(line));
  const flags = Object.entries(settings);
  slot(root, "flags").replaceChildren(...flags.map(([name, value]) => flag(name, value)));
}

// The bars of a figure, with what it is now and between what it was.
function plot(card, minutes) {
  const { figure } = card.dataset;
  const read = FIGURES[figure] ?? ((minute) => minute[figure]);
  const values = inPlace(minutes, read);
  const known = values.filter((value) => value !== null);
  const shown = fill(copy("figure"), {
    now: known.length ? rounded(known.at(-1)) : "–",
    least: known.length ? rounded(Math.min(...known)) : "–",
    most: known.length ? rounded(Math.max(...known)) : "–",
  });
  const title = card.querySelector("h3").textContent;
  const label = `${title}: ${known.map(rounded).join(", ")}`;
  card.querySelectorAll(".figure, svg").forEach((each) => each.remove());
  card.querySelector("h3").after(shown, bars(values, label));
}

// The value of each of ten minutes, the newest last; null for one that is missing.
function inPlace(minutes, read) {
  const values = new Array(MINUTES).fill(null);
  const last = minutes.length ? Date.parse(minutes.at(-1).at) : 0;
  for (const minute of minutes) {
    const index = MINUTES - 1 - (last - Date.parse(minute.at)) / MINUTE_MS;
    if (index >= 0) values[index] = read(minute);
  }
  return values;
}

function synced({ last_sync: moment, settings }) {
  if (!settings.data && !moment) return words("no-disk");
  if (!moment) return words("nothing-written");
  return words("synced", { ago: duration(Math.max(0, (Date.now() - Date.parse(moment)) / 1000)) });
}

function line(minute) {
  const cells = COLUMNS.map((name) =>
    make("td", { class: "number" }, minute[name] === null ? "–" : rounded(minute[name])));
  return make("tr", {}, make("td", {}, when(minute.at)), ...cells);
}

function flag(name, value) {
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  const code = make("code", {}, `--${name}`);
  return make("tr", {}, make("td", {}, code), make("td", {}, text || "–"));
}

// A number with as many digits as somebody reads at a glance.
function rounded(number) {
  const size = Math.abs(number);
  const maximumFractionDigits = size < 10 ? 2 : size < 100 ? 1 : 0;
  return number.toLocaleString("en", { maximumFractionDigits });
}
