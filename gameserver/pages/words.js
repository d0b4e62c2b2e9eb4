// What is said beside that which was done, and forms. The words themselves stand in the HTML, in
// `<template id="words">`.

import { byId, fill, make } from "/static/dom.js";
import { count, duration } from "/static/format.js";

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
  const known = [`code-${error.code}`, `failure-${error.status}`].find((name) => words(name));
  const wait = error.wait || 5;
  const { message, label = "" } = error;
  tell(place, known ?? "failure", { message, label, wait, left: duration(wait) });
}

// Does some work once, however often it is asked for meanwhile, and says in the place how it went
// if it went wrong. The button keeps the focus. What the work says itself stays.
export async function act(place, button, work) {
  if (place.dataset.busy) return;
  place.dataset.busy = "true";
  button?.setAttribute("aria-disabled", "true");
  const said = () => place.querySelector(":scope > [data-word]");
  const before = said();
  const waiting = setTimeout(() => said() === before && tell(place, "working"), 300);
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
    act(place, event.submitter, async () => {
      form.querySelectorAll("[data-refused]").forEach(unmark);
      try {
        await work();
      } catch (error) {
        error.label = error.field ? mark(form, error.field) : "";
        throw error;
      }
    });
  });
}

// The field that the server would have otherwise is marked, until it is changed; returns what it is
// called, with a colon.
function mark(form, name) {
  const called = `:is([name="${CSS.escape(name)}"], [data-field="${CSS.escape(name)}"])`;
  const field = form.querySelector(`${called}:enabled`);
  if (!field) return "";
  field.setAttribute("aria-invalid", "true");
  field.dataset.refused = "";
  field.addEventListener("input", () => unmark(field), { once: true });
  field.focus();
  return `${field.dataset.label ?? field.labels[0].firstChild.textContent.trim()}: `;
}

function unmark(field) {
  field.removeAttribute("aria-invalid");
  delete field.dataset.refused;
}

// Has a button copy a field that can only be read. There is no clipboard for a page that is not on
// https: then what is in the field is selected.
export function offerCopy(button, field, copied) {
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      show(copied, true);
    } catch {
      show(copied, false);
    }
  });
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
