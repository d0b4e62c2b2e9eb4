// A new tournament: a form that explains the modes, and makes their parameters.

import { ask, isLoggedIn } from "/static/account.js";
import { fill } from "/static/dom.js";
import { forField } from "/static/format.js";
import { inUtc, rules, zone } from "/static/tournament-terms.js";
import { onSubmit, show as reveal, slot } from "/static/words.js";

const DRAFT = "tournament";
const HOUR = 3600000;

export function show(root) {
  const form = slot(root, "form");
  fill(root, { zone });
  reveal(slot(root, "login"), !isLoggedIn());
  const next = Math.ceil(Date.now() / HOUR) * HOUR;
  form.elements.start.value = forField(next).slice(0, 16);
  form.elements.end.value = forField(next + 2 * HOUR).slice(0, 16);
  restore(form);
  const update = () => {
    explain(root, form);
    sessionStorage.setItem(DRAFT, JSON.stringify([...new FormData(form)]));
  };
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  explain(root, form);
  onSubmit(form, slot(root, "says"), async () => {
    const made = await ask("POST", "/api/tournaments/create", { json: read(form) });
    sessionStorage.removeItem(DRAFT);
    location.assign(`/tournaments/${made.id}`);
  });
}

// What was typed before a reload, or before somebody had to log in.
function restore(form) {
  const values = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
  if (!values) return;
  for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = false;
  for (const [name, value] of values) {
    const field = form.elements.namedItem(name);
    if (field?.type === "checkbox") field.checked = true;
    else if (field) field.value = value;
  }
}

// The fields as the API takes them.
function read(form) {
  const { name, location: place, start, end, open_entry: open, hide_results: hide } = form.elements;
  return {
    ...modeOf(form),
    name: name.value,
    location: place.value,
    start: asUtc(start.value),
    end: asUtc(end.value),
    open_entry: open.checked,
    hide_results: hide.checked,
  };
}

function modeOf({ elements }) {
  const mode = elements.mode.value;
  const numbers = (text) => text.split(/[\s,;+]+/).filter(Boolean).join("+");
  if (mode === "levels") return { mode, modeparams: numbers(elements.levels.value) };
  const counts = ["beginner", "intermediate", "expert"].map((each) => elements[each].value || "0");
  const limit = mode === "sum" ? "" : `,${elements.minutes.value}`;
  return { mode, modeparams: counts.join("+") + limit };
}

function asUtc(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 19);
}

// Says what the form means: the fields of the mode, the rule in words, the times in UTC.
function explain(root, form) {
  const tournament = modeOf(form);
  const { mode, modeparams } = tournament;
  for (const panel of form.querySelectorAll("[data-modes]")) {
    panel.hidden = panel.disabled = !panel.dataset.modes.split(" ").includes(mode);
  }
  const isWhole = /^[0-9]+(\+[0-9]+)*(,[0-9]+)?$/.test(modeparams) && /[1-9]/.test(modeparams);
  reveal(slot(root, "meaning"), isWhole);
  fill(root, { modeparams, rules: isWhole ? rules(tournament) : "" });
  for (const name of ["start", "end"]) {
    const text = asUtc(form.elements[name].value);
    fill(root, { [`${name}-utc`]: text ? inUtc(text) : "" });
  }
}
