// How scores are spread, as SVG: a bar for each bucket, and lines for percentiles, tiers and oneself.

import { draw } from "/static/dom.js";

const HEIGHT = 240;
const TOP = 46; // room for the marks' names, in three rows
const BOTTOM = 24;
const ROW = 15;
const CHARACTER = 6.6; // pixels of a mark's name, about

// `marks` are { score, text, kind }; `width` is in pixels; `write` makes text of a score.
export function histogram(buckets, marks, width, write, label) {
  const lowest = buckets[0].from;
  const highest = buckets.at(-1).to;
  const x = (score) => ((score - lowest) / (highest + 1 - lowest)) * width;
  const most = Math.max(...buckets.map(({ count }) => count));
  const y = (count) => HEIGHT - BOTTOM - (count / most) * (HEIGHT - TOP - BOTTOM);
  const lines = placed(marks, x, width);
  return draw(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label, class: "histogram" },
    ...buckets.map((bucket) => bar(bucket, x, y, write)),
    draw("line", { x1: 0, x2: width, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM, class: "axis" }),
    text(0, HEIGHT - 6, write(lowest), "start"),
    text(width, HEIGHT - 6, write(highest), "end"),
    ...lines.map(rule),
    ...lines.map(({ middle, row, text: name, kind }) => (
      draw("g", { class: `mark ${kind}` }, text(middle, 11 + ROW * row, name, "middle"))
    )),
  );
}

function bar({ from, to, count }, x, y, write) {
  const left = x(from);
  const title = draw("title", {}, `${write(from)} – ${write(to)}: ${count}`);
  const width = Math.max(1, x(to + 1) - left - 2);
  const height = count ? Math.max(2, HEIGHT - BOTTOM - y(count)) : 0;
  const rx = Math.min(3, width / 2);
  return draw("rect", { x: left + 1, y: HEIGHT - BOTTOM - height, width, height, rx }, title);
}

// The marks from left to right, each name in the first row in which it stands free.
function placed(marks, x, width) {
  const ends = [];
  const found = [];
  for (const mark of [...marks].sort((a, b) => a.score - b.score)) {
    const at = Math.min(width - 1, Math.max(1, x(mark.score)));
    const half = (mark.text.length * CHARACTER) / 2 + 4;
    const middle = Math.min(width - half, Math.max(half, at));
    const row = [0, 1, 2].find((each) => (ends[each] ?? 0) <= middle - half);
    if (row === undefined) continue;
    ends[row] = middle + half;
    found.push({ ...mark, at, middle, row });
  }
  return found;
}

function rule({ at, row, kind }) {
  const line = draw("line", { x1: at, x2: at, y1: 14 + ROW * row, y2: HEIGHT - BOTTOM });
  return draw("g", { class: `mark ${kind}` }, line);
}

function text(x, y, value, anchor) {
  return draw("text", { x, y, "text-anchor": anchor }, value);
}
