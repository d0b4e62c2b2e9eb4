// Replays are handed in: one after the other, each with its progress and its verdict. One that the
// server is too busy for waits, and is sent again.

import { upload } from "/static/api.js";
import { copy, fill } from "/static/dom.js";
import { duration } from "/static/format.js";
import { isMinesweeper } from "/static/tournament-terms.js";
import { explain, show as reveal, slot, tell } from "/static/words.js";

const MIME_TYPES = { rmv: "application/x-viennasweeper", avf: "application/x-minesweeper-arbiter" };
const LARGEST = 1024 * 1024;
const TRIES = 8;
const LONGEST_WAIT = 60;
const AGAIN = [0, 429, 503];

export function uploadPart(root, { refresh, signal }) {
  const section = slot(root, "upload");
  const drop = slot(section, "drop");
  const field = slot(section, "files");
  const queue = [];
  let isBusy = false;

  function add(files) {
    for (const file of files) {
      const line = fill(copy("file"), { "file-name": file.name });
      const one = { file, line, says: slot(line, "verdict") };
      tell(one.says, "file-waits");
      slot(line, "again").addEventListener("click", () => enqueue(one));
      slot(section, "list").append(line);
      enqueue(one);
    }
  }

  function enqueue(one) {
    reveal(slot(one.line, "again"), false);
    queue.push(one);
    work();
  }

  async function work() {
    if (isBusy) return;
    isBusy = true;
    while (queue.length && !signal.aborted) await handIn(queue.shift(), signal);
    isBusy = false;
    refresh();
  }

  field.addEventListener("change", () => {
    add([...field.files]);
    field.value = "";
  });
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name.startsWith("drage") || name === "dragover");
      if (name === "drop") add([...event.dataTransfer.files]);
    });
  }
  // A file that misses its place must not take that of the page.
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => event.preventDefault(), { signal });
  }
  addEventListener("beforeunload", (event) => isBusy && event.preventDefault(), { signal });

  return ({ tournament, phase }) => {
    const isOpen = isMinesweeper(tournament) && phase === "running";
    // The files keep their verdicts, also after the end.
    reveal(section, isOpen || slot(section, "list").children.length > 0);
    reveal(drop, isOpen);
  };
}

async function handIn({ file, line, says }, signal) {
  const bar = slot(line, "bar");
  if (!file.size || file.size > LARGEST) {
    tell(says, file.size ? "file-large" : "file-empty");
    return;
  }
  for (let tries = 1; !signal.aborted; tries++) {
    try {
      tell(says, "file-goes");
      reveal(bar, true);
      await upload("/api/scores/upload", parts(file), (share) => {
        bar.value = share;
        if (share === 1) tell(says, "file-read");
      });
      tell(says, "file-counts");
      break;
    } catch (failure) {
      if (!AGAIN.includes(failure.status) || tries === TRIES) {
        explain(says, failure);
        reveal(slot(line, "again"), AGAIN.includes(failure.status));
        break;
      }
      const wait = Math.min(LONGEST_WAIT, Math.max(failure.wait, 2 ** (tries - 1)));
      tell(says, failure.status ? "file-later" : "file-lost", { left: duration(wait) });
      await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
    }
  }
  reveal(bar, false);
}

function parts(file) {
  const form = new FormData();
  const [, ending] = file.name.toLowerCase().match(/\.([a-z]+)$/) ?? [];
  form.append("mime_type", MIME_TYPES[ending] ?? "application/octet-stream");
  form.append("video", file);
  return form;
}
