// How the scores of a board are spread: a picture with marks, and the same as tables.

import { address, get } from "/static/api.js";
import { byId, copy, fill, make } from "/static/dom.js";
import * as format from "/static/format.js";
import { histogram } from "/static/histogram.js";

const BUCKETS = 40;
const NARROWEST = 300;

let newest = 0;

// `path` is that of the board in the API; `own` the score of the player who is looked for, if any.
export async function showSpread(path, { season, own }, players, settings) {
  const query = { buckets: BUCKETS, season };
  const mine = ++newest;
  const { buckets, percentiles, tiers = [] } = await get(address(`${path}/histogram`, query));
  if (mine !== newest) return; // somebody has gone on meanwhile
  byId("spread").hidden = buckets.length < 2;
  if (buckets.length < 2) return;
  const write = (score) => format.score(score, settings);
  const label = words("label", {
    players: format.count(players),
    half: write(percentiles[50]),
    lowest: write(buckets[0].from),
    highest: write(buckets.at(-1).to),
  });
  const width = Math.max(NARROWEST, byId("chart").clientWidth);
  const marks = marksOf(percentiles, tiers, own);
  byId("chart").replaceChildren(histogram(buckets, marks, width, write, label));
  showTables(buckets, percentiles, tiers, write);
}

// The words for the picture, with values in them.
function words(slot, values = {}) {
  const text = copy("chart-words").querySelector(`[data-slot="${slot}"]`);
  return fill(text, values).textContent;
}

function marksOf(percentiles, tiers, own) {
  const best = (percent) => ({
    score: percentiles[100 - percent],
    text: words("best-mark", { percent: `${percent}` }),
    kind: "percentile",
  });
  const marks = [
    { score: percentiles[50], text: words("half-mark"), kind: "percentile" },
    best(10),
    best(1),
    ...tiers.map(({ name, score }) => ({ score, text: name, kind: "tier" })),
  ];
  return own === undefined ? marks : [{ score: own, text: words("own-mark"), kind: "own" }, ...marks];
}

function showTables(buckets, percentiles, tiers, write) {
  const number = (text) => make("td", { class: "number" }, text);
  byId("buckets").replaceChildren(...buckets.map(({ from, to, count }) => (
    make("tr", {}, number(write(from)), number(write(to)), number(format.count(count)))
  )));
  byId("marks").replaceChildren(
    ...Object.entries(percentiles).reverse().map(([percent, score]) => (
      fill(copy("top-mark"), { percent: `${100 - percent}`, score: write(score) })
    )),
    ...tiers.map(({ name, score }) => fill(copy("tier-mark"), { name, score: write(score) })),
  );
}
