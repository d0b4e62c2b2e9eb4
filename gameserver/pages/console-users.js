// Players by number or by the beginning of their name.

import { address } from "/static/api.js";
import { copy, fill } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { act, show as reveal, slot } from "/static/console-words.js";

export async function show(root, { query }) {
  const q = query.get("q") ?? "";
  const form = slot(root, "search");
  form.elements.q.value = q;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = form.elements.q.value.trim();
    const isNumber = /^[0-9]{1,10}$/.test(wanted);
    location.hash = isNumber ? `#/users/${Number(wanted)}` : address("#/users", { q: wanted });
  });
  if (!q) return;
  await act(slot(root, "says"), null, async () => {
    const { users } = await ask("GET", address("/api/users", { q }));
    slot(root, "rows").replaceChildren(...users.map(({ user, name }) => {
      const row = fill(copy("users-row"), { link: user, name });
      return fill(row, { link: { href: `#/users/${user}` } });
    }));
    reveal(slot(root, "none"), !users.length);
  });
}
