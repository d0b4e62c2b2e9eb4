// Boards that move by themselves: one stream for each tab, and none while nobody looks at it. Where
// there is no stream the boards are asked for, which costs the server next to nothing as long as
// they are the same: the browser sends the ETag of what it has.

import { address, get } from "/static/api.js";

const POLL_SECONDS = 10;
const LONGEST_WAIT = 120;
const MAX_LEVELS = 100;

let rounds = 0;

// `show(board)` gets each board at once and after changes; `tell(state)` is told "live", "polling",
// "away" (the server cannot be reached) or "paused". `read(level)` asks for a board.
export class Follower {
  #levels = [];
  #source = null;
  #failures = 0;
  #reopen = 0;
  #poll = 0;
  #round = 0; // of polling; 0: there is none

  constructor(show, tell = () => {}, read = (level) => get(address(`/api/levels/${level}`))) {
    this.show = show;
    this.tell = tell;
    this.read = read;
    document.addEventListener("visibilitychange", () => this.#turn());
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#turn());
  }

  // Follows these levels, and no others any more.
  follow(levels) {
    const wanted = levels.slice(0, MAX_LEVELS);
    if (wanted.join() === this.#levels.join()) return;
    this.#levels = wanted;
    this.#turn();
  }

  #turn() {
    this.#close();
    if (document.hidden) this.tell("paused");
    else if (this.#levels.length) this.#open();
  }

  #open() {
    const source = new EventSource(`/api/live?levels=${this.#levels.join()}`);
    this.#source = source;
    let isFirst = true;
    source.addEventListener("open", () => {
      isFirst = false;
      this.#failures = 0;
      this.#stopPolling();
      this.tell("live");
    });
    source.addEventListener("board", ({ data }) => this.show(JSON.parse(data)));
    source.addEventListener("error", () => {
      if (this.#source !== source) return;
      this.#startPolling(isFirst);
      // The browser tries again by itself, but after an answer such as 429 or 503.
      if (source.readyState === EventSource.CLOSED) this.#openLater();
    });
  }

  // At the other end of a wait that doubles, and differs from tab to tab.
  #openLater() {
    this.#source = null;
    const wait = Math.min(LONGEST_WAIT, 2 ** ++this.#failures) * (0.5 + Math.random());
    this.#reopen = setTimeout(() => this.#open(), 1000 * wait);
  }

  #close() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#reopen);
    this.#stopPolling();
  }

  // At once where nothing is shown yet; else the stream has some time to come back.
  #startPolling(isFirst) {
    if (this.#round) return;
    const round = this.#round = ++rounds;
    const wait = isFirst ? 0 : POLL_SECONDS * Math.random();
    this.#poll = setTimeout(() => this.#ask(round), 1000 * wait);
  }

  #stopPolling() {
    this.#round = 0;
    clearTimeout(this.#poll);
  }

  // One board after the other, and not again before the server would have it.
  async #ask(round) {
    let wait = POLL_SECONDS * (0.9 + 0.2 * Math.random());
    for (const level of this.#levels) {
      try {
        const board = await this.read(level);
        if (round !== this.#round) return;
        this.tell("polling");
        this.show(board);
      } catch (failure) {
        if (round !== this.#round) return;
        this.tell(failure.status ? "polling" : "away");
        wait = Math.max(2 * wait, failure.wait);
        break;
      }
    }
    this.#poll = setTimeout(() => this.#ask(round), 1000 * wait);
  }
}

// Counts down in a `<time>` to the reset of a level, of which the API has said how far it is; at
// zero it shows nothing any more.
const ends = new Map();

export function countDown(element, { next_reset: at, resets_in: left }, write) {
  if (left === null) {
    ends.delete(element);
    return;
  }
  element.dateTime = at;
  ends.set(element, { end: performance.now() + 1000 * left, write });
  tick();
}

function tick() {
  for (const [element, { end, write }] of ends) {
    if (!element.isConnected && element.textContent) ends.delete(element);
    const text = write(Math.max(0, Math.round((end - performance.now()) / 1000)));
    if (element.textContent !== text) element.textContent = text;
  }
}

setInterval(tick, 1000);
