// The boards' list.

import { get } from "/static/api.js";
import { byId, copy, fill, ready } from "/static/dom.js";

const { levels } = await get("/api/levels?limit=24");
byId("levels").replaceChildren(...levels.map(({ level, title }) => {
  const card = copy("level");
  fill(card, { number: level });
  if (title !== null) fill(card, { title });
  fill(card, { link: { href: `/levels/${level}` } });
  return card;
}));
ready();
