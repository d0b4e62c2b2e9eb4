// Scores within bounds: counted first, and taken away when their number was typed.

import { address } from "/static/api.js";
import { fill } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { offerUndo, onSubmit, show as reveal, slot, tell } from "/static/console-words.js";
import { count, forField } from "/static/format.js";

const NUMBERS = ["level", "user", "min", "max"];
const MOMENTS = ["from", "to"];

export function show(root, { query }) {
  const form = slot(root, "bounds");
  const purge = slot(root, "purge");
  const says = slot(root, "says");
  const typed = slot(root, "typed");
  const button = purge.querySelector("button");
  let counted = null;
  for (const name of NUMBERS) form.elements[name].value = query.get(name) ?? "";
  for (const name of MOMENTS) form.elements[name].value = forField(query.get(name));
  const forget = () => {
    counted = null;
    typed.value = "";
    button.disabled = true;
    reveal(purge, false);
    tell(says, null);
  };
  form.addEventListener("input", forget);
  onSubmit(form, says, async () => {
    forget();
    const bounds = read(form, says);
    if (!bounds) return;
    history.replaceState(null, "", address("#/purge", bounds));
    const answer = await ask("POST", "/api/purge", { json: { ...bounds, dry_run: true } });
    counted = { bounds, count: answer.count };
    tell(says, answer.count ? "counted" : "counted-none", { count: count(answer.count) });
    fill(purge, { count: count(answer.count) });
    reveal(purge, answer.count > 0);
  });
  typed.addEventListener("input", () => {
    button.disabled = typed.value.replaceAll(/[ ,.]/g, "") !== String(counted?.count);
  });
  onSubmit(purge, slot(root, "purge-says"), async () => {
    if (button.disabled) return;
    const place = slot(root, "purge-says");
    const json = { ...counted.bounds, dry_run: false };
    const answer = await ask("POST", "/api/purge", { json });
    forget();
    tell(place, "purged", { count: count(answer.count) });
    offerUndo(place, answer.undo);
  });
}

// The bounds as the API takes them; null if one cannot be read, which is said then.
function read(form, says) {
  const bounds = {};
  for (const name of NUMBERS) {
    const field = form.elements[name];
    const text = field.value.trim();
    const isWrong = text !== "" && !/^[0-9]+$/.test(text);
    field.toggleAttribute("aria-invalid", isWrong);
    if (isWrong) {
      tell(says, "not-number", { field: field.labels[0].textContent });
      field.focus();
      return null;
    }
    if (text !== "") bounds[name] = Number(text);
  }
  for (const name of MOMENTS) {
    const { value } = form.elements[name];
    if (value) bounds[name] = new Date(value).toISOString();
  }
  if (!Object.keys(bounds).length) {
    tell(says, "needs-bound");
    return null;
  }
  return bounds;
}
