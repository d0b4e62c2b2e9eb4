// One player: all levels with rank and percentile, those of past seasons below.

import { get } from "/static/api.js";
import { byId, copy, fill, ready } from "/static/dom.js";
import * as format from "/static/format.js";

const user = Number(location.pathname.split("/")[2]);
const FIRST = 100;
const REFRESH_SECONDS = 30;
const COLUMNS = ["season", "tier", "at"];

const isWhole = {};
let refreshing = 0;

async function render() {
  clearTimeout(refreshing);
  try {
    show(await get(`/api/users/${user}`));
    byId("failed").hidden = true;
  } catch (failure) {
    byId("failed").textContent = failure.message;
    byId("failed").hidden = false;
  }
  ready();
  refreshing = setTimeout(() => !document.hidden && render(), 1000 * REFRESH_SECONDS);
}

function show({ name, scores }) {
  const shown = format.player({ name, user });
  const levels = new Set(scores.map(({ level }) => level)).size;
  document.title = shown;
  byId("name").textContent = shown;
  fill(byId("about"), {
    user: `${user}`,
    levels: format.count(levels),
    one: { hidden: levels !== 1 },
    many: { hidden: levels === 1 },
  });
  byId("about").hidden = name === null && !levels;
  byId("empty").hidden = scores.length > 0;
  showScores("current", scores.filter(({ current }) => current));
  showScores("past", scores.filter(({ current }) => !current));
}

function showScores(id, scores) {
  const section = byId(id);
  const button = section.querySelector("button");
  const sorted = id === "past" ? scores : scores.sort((a, b) => b.percentile - a.percentile);
  const some = isWhole[id] ? sorted : sorted.slice(0, FIRST);
  const used = COLUMNS.filter((column) => (
    some.some((score) => (column === "season" ? score.season !== "all" : score[column] !== undefined))
  ));
  const rows = [copy("head"), ...some.map(line)];
  for (const row of rows) {
    for (const cell of row.querySelectorAll("[data-column]")) {
      cell.hidden = COLUMNS.includes(cell.dataset.column) && !used.includes(cell.dataset.column);
    }
  }
  section.querySelector("thead").replaceChildren(rows[0]);
  section.querySelector("tbody").replaceChildren(...rows.slice(1));
  section.hidden = !scores.length;
  button.hidden = button.parentElement.hidden = some.length === scores.length;
  button.onclick = () => {
    isWhole[id] = true;
    showScores(id, scores);
  };
}

function line(score) {
  const season = score.current ? null : score.season;
  const query = new URLSearchParams({ ...(season && { season }), user });
  const row = fill(copy("line"), {
    title: format.level(score),
    link: { href: `/levels/${score.level}?${query}` },
    season: score.season === "all" ? "" : score.season,
    rank: format.count(score.rank),
    players: format.count(score.players),
    percentile: score.percentile.toFixed(2),
    meter: { value: score.percentile },
    score: score.display ?? format.count(score.score),
    tier: score.tier ?? "",
    at: score.at ? format.moment(score.at) : "",
  });
  if (score.at) fill(row, { at: { datetime: score.at } });
  row.dataset.rank = score.rank;
  return row;
}

byId("json").href = `/api/users/${user}`;
document.addEventListener("visibilitychange", () => !document.hidden && render());
render();
