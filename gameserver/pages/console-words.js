// What is said beside that which was done. The words themselves stand in the HTML.

import { byId, copy, draw, fill, make } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { count } from "/static/format.js";

const WHEN = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export const slot = (root, name) => root.querySelector(`[data-slot~="${name}"]`);
export const show = (element, isShown) => element.toggleAttribute("hidden", !isShown);

// A moment in the reader's zone; nothing where there is none.
export function when(moment) {
  if (!moment) return "";
  return make("time", { datetime: moment, title: moment }, WHEN.format(new Date(moment)));
}

// A copy of what `<p data-word="…">` in the HTML says, with its values.
export function words(name, values = {}) {
  const found = byId("words").content.querySelector(`[data-word="${name}"]`);
  return found && fill(found.cloneNode(true), values);
}

// Says it in the place of what was said there before; null says nothing.
export function tell(place, name, values) {
  place.querySelectorAll(":scope > [data-word]").forEach((each) => each.remove());
  if (name) place.prepend(words(name, values));
}

// Says why something was not done.
export function explain(place, error) {
  if (error.name !== "Failure" && !("status" in error)) {
    console.error(error);
    tell(place, "failure", { message: error.message });
    return;
  }
  const name = `failure-${error.status}`;
  tell(place, words(name) ? name : "failure", { message: error.message, wait: error.wait || 5 });
}

// Does some work once, however often it is asked for meanwhile, and says in the place how it went
// if it went wrong. The button keeps the focus.
export async function act(place, button, work) {
  if (place.dataset.busy) return;
  place.dataset.busy = "true";
  button?.setAttribute("aria-disabled", "true");
  const waiting = setTimeout(() => tell(place, "working"), 300);
  try {
    await work();
    clearTimeout(waiting);
    place.querySelector(':scope > [data-word="working"]')?.remove();
  } catch (error) {
    clearTimeout(waiting);
    explain(place, error);
  } finally {
    delete place.dataset.busy;
    button?.removeAttribute("aria-disabled");
  }
}

// When the form is sent, by a button or a key.
export function onSubmit(form, place, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(place, event.submitter, work);
  });
}

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

// The links to the page before and the page behind.
export function turnPages(root, address, { offset, limit, shown, total }) {
  const back = slot(root, "back");
  const next = slot(root, "next");
  const hasNext = total === undefined ? shown === limit : offset + shown < total;
  show(back, offset > 0);
  show(next, hasNext);
  back.href = address(Math.max(0, offset - limit) || null);
  next.href = address(offset + limit);
  if (total !== undefined) {
    const range = `${count(offset + 1)}–${count(offset + shown)} of ${count(total)}`;
    fill(root, { range: shown ? range : "" });
  }
}

// A number in a query, 0 if it is none.
export const whole = (text) => Math.max(0, Math.trunc(Number(text)) || 0);

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
