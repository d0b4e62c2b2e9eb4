// The settings of a level. Only those that were changed are sent.

import { copy } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { offerUndo, onSubmit, show, slot, tell } from "/static/console-words.js";
import { count } from "/static/format.js";

const NEW = {
  title: null, order: "desc", keep: "best", reset: "never", reset_offset: 0, min: 0,
  max: 2147483647, ties: "first", tiers: [], times: false, format: "number", decimals: 0,
  rate_user: 0, rate_level: 0, writes: "players", runs: false, min_seconds: 0,
};

export function showSettings(root, level, found) {
  const body = copy("settings");
  const form = slot(body, "form");
  const path = `/api/levels/${level}`;
  const says = slot(body, "says");
  let known = found ?? NEW;
  describe(form);
  put(form, known);
  onSubmit(form, says, async () => {
    const changes = changed(form, known, says);
    if (!changes) return;
    const names = Object.keys(changes);
    if (!names.length) {
      tell(says, "unchanged");
      return;
    }
    known = await ask("PUT", path, { json: changes });
    put(form, known);
    tell(says, "kept", { names: names.join(", ") });
  });
  const deleteSays = slot(body, "delete-says");
  const button = slot(body, "delete").querySelector("button");
  onSubmit(slot(body, "delete"), deleteSays, async () => {
    const { removed, undo } = await ask("DELETE", path);
    tell(deleteSays, "level-removed", { count: count(removed) });
    show(button, false);
    offerUndo(deleteSays, undo, () => show(button, true));
  });
  slot(root, "body").replaceChildren(body);
}

const fields = (form) => [...form.elements].filter((each) => each.name);

// What a setting does is said with its field.
function describe(form) {
  for (const field of fields(form)) {
    const help = field.parentElement.querySelector("p");
    help.id = `about-${field.name}`;
    field.setAttribute("aria-describedby", help.id);
  }
}

function put(form, settings) {
  for (const field of fields(form)) {
    const value = settings[field.name];
    if (field.type === "checkbox") field.checked = value;
    else field.value = field.dataset.type === "tiers" ? lines(value) : value ?? "";
  }
}

// The settings that are not as they were; null if one cannot be read, which is said then.
function changed(form, known, says) {
  const changes = {};
  for (const field of fields(form)) {
    const problem = (name, values) => {
      tell(says, name, values);
      field.setAttribute("aria-invalid", "true");
      field.focus();
      return null;
    };
    field.removeAttribute("aria-invalid");
    const value = read(field);
    if (Number.isNaN(value)) return problem("not-number", { field: field.name });
    if (value === undefined) return problem("bad-tier");
    if (JSON.stringify(value) !== JSON.stringify(known[field.name])) changes[field.name] = value;
  }
  return changes;
}

// The value of a field: NaN for what should be a number, undefined for tiers that are none.
function read(field) {
  if (field.type === "checkbox") return field.checked;
  const text = field.value.trim();
  if (field.dataset.type === "number") return /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (field.dataset.type === "tiers") return tiers(text);
  return field.name === "title" && !text ? null : text;
}

const lines = (value) => value.map(([name, percent]) => `${name} ${percent}`).join("\n");

function tiers(text) {
  const read = text.split("\n").map((line) => line.trim()).filter(Boolean)
    .map((line) => line.match(/^(.*\S)\s+([0-9]+)$/));
  if (read.includes(null)) return undefined;
  return read.map(([, name, percent]) => [name, Number(percent)]);
}
