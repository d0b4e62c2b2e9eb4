// What the host alone sees and does.

import { ask } from "/static/account.js";
import { copy, fill } from "/static/dom.js";
import { count } from "/static/format.js";
import { act, onSubmit, show as reveal, slot, tell } from "/static/words.js";

const FIRST = 200;
const ORDER = ["requested", "participating", "invited"];

export function hostPart(root, { id, refresh }) {
  const section = slot(root, "hosting");
  const lines = new Map();
  const path = (name) => `/api/tournaments/${name}/${id}`;
  const all = slot(section, "all-players");
  let limit = FIRST;
  const invite = slot(section, "invite");

  onSubmit(invite, slot(section, "invite-says"), async () => {
    const field = invite.elements.username;
    const username = field.value.trim();
    await ask("POST", path("invite"), { form: { username } });
    field.value = "";
    await refresh();
    tell(slot(section, "invite-says"), "invited", { username });
  });
  onSubmit(slot(section, "stop"), slot(section, "stop-says"), async () => {
    await ask("POST", path("stop"));
    await refresh();
  });
  onSubmit(slot(section, "delete"), slot(section, "delete-says"), async () => {
    await ask("POST", path("delete"));
    location.assign("/tournaments");
  });

  all.firstElementChild.addEventListener("click", () => {
    limit = Infinity;
    refresh();
  });

  function line(username) {
    const row = copy("player");
    const says = slot(row, "player-says");
    const confirm = slot(row, "confirm");
    const remove = slot(row, "remove");
    const form = { username };
    confirm.addEventListener("click", () => act(says, confirm, async () => {
      await ask("POST", path("host_confirm"), { form });
      tell(says, "confirmed");
      await refresh();
    }));
    remove.addEventListener("click", () => act(says, remove, async () => {
      const { removed } = await ask("POST", path("remove"), { form });
      row.querySelector("details").open = false;
      tell(says, "games-removed", {
        count: count(removed), one: { hidden: removed !== 1 }, many: { hidden: removed === 1 },
      });
      await refresh();
    }));
    return row;
  }

  return ({ players, unproven, phase }) => {
    reveal(section, Boolean(unproven));
    if (!unproven) return;
    // A deleted account has no name by which anything could be done.
    const known = players.filter(({ username }) => username !== "deleted user");
    known.sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
    reveal(all, known.length > limit);
    fill(all, { "player-count": count(known.length) });
    const rows = known.slice(0, limit).map(({ username, status }) => {
      if (!lines.has(username)) lines.set(username, line(username));
      return fillLine(lines.get(username), username, status, unproven[username] ?? 0, phase);
    });
    const body = slot(section, "players");
    const isSame = rows.length === body.children.length
      && rows.every((row, place) => row === body.children[place]);
    // Moved elements lose the focus.
    if (!isSame) body.replaceChildren(...rows);
    reveal(slot(section, "players-table"), rows.length > 0);
    reveal(slot(section, "stopping"), phase !== "over");
    reveal(slot(section, "deleting"), !players.length);
    reveal(invite, phase !== "over");
  };
}

function fillLine(row, username, status, unproven, phase) {
  for (const badge of row.querySelectorAll("[data-status]")) {
    reveal(badge, badge.dataset.status === status);
  }
  reveal(slot(row, "confirm"), status === "requested" && phase !== "over");
  reveal(slot(row, "removing"), status === "participating" && phase !== "upcoming");
  return fill(row, {
    username,
    unproven: unproven ? count(unproven) : "",
  });
}
