// What the console says beside that which was done, and what it shows.

import { copy, draw } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { count } from "/static/format.js";
import { act, tell } from "/static/words.js";

export * from "/static/words.js";

// Puts a button into the place that undoes an entry of the audit; `undone` is called after that.
export function offerUndo(place, entry, undone) {
  place.querySelectorAll(":scope > button").forEach((each) => each.remove());
  const button = copy("undo");
  place.append(button);
  button.focus();
  button.addEventListener("click", () => act(place, button, async () => {
    const { restored } = await ask("POST", `/api/audit/${entry}/undo`);
    button.remove();
    tell(place, restored ? "restored" : "undone", { count: count(restored) });
    undone?.();
  }));
}

// Bars, one for each of the last ten minutes, from the bottom to the largest. `values` are numbers,
// or null where there is none; `label` says them to those who do not see them.
export function bars(values, label) {
  const top = Math.max(...values.map((value) => value ?? 0)) || 1;
  const all = values.map((value, index) => {
    const height = value === null ? 0 : Math.max(1, (38 * value) / top);
    return draw("rect", {
      x: index * 20 + 2, y: 40 - height, width: 16, height, rx: 2, class: "bar",
    });
  });
  const ground = draw("line", { x1: 0, y1: 40, x2: 200, y2: 40, class: "axis" });
  const attributes = { viewBox: "0 0 200 41", role: "img", "aria-label": label };
  return draw("svg", attributes, ground, ...all);
}
