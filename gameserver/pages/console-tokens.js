// The tokens of games' own servers.

import { copy, fill } from "/static/dom.js";
import { ask } from "/static/console-session.js";
import { act, offerCopy, onSubmit, show as reveal, slot, tell, when } from "/static/console-words.js";

export async function show(root) {
  const form = slot(root, "new");
  const says = slot(root, "says");
  onSubmit(form, says, async () => {
    const made = await ask("POST", "/api/tokens", { json: { name: form.elements.name.value } });
    form.elements.name.value = "";
    tell(says, null);
    says.replaceChildren(once(made));
    await load(root);
  });
  await act(says, null, () => load(root));
}

async function load(root) {
  const { tokens } = await ask("GET", "/api/tokens");
  slot(root, "rows").replaceChildren(...tokens.map(row));
  reveal(slot(root, "none"), !tokens.length);
}

// The token, to be copied: no call shows it again.
function once({ name, token }) {
  const element = fill(copy("token-made"), { name });
  const field = slot(element, "token");
  field.value = token;
  offerCopy(slot(element, "copy"), field, slot(element, "copied"));
  return element;
}

function row({ name, created }) {
  const element = fill(copy("token-row"), { name, created: when(created), which: name });
  const says = slot(element, "says");
  const button = slot(element, "revoke");
  button.addEventListener("click", () => act(says, button, async () => {
    await ask("DELETE", `/api/tokens/${encodeURIComponent(name)}`);
    element.classList.add("gone");
    reveal(slot(element, "sure"), false);
    tell(says, "revoked");
  }));
  return element;
}
