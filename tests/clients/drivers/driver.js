// What the tests tell the JavaScript client: `run(url, commands)` gives the lines that it says.
import { GameServer } from "./gameserver.js";

const PATIENCE = 10_000;
const said = [];
const say = (...words) => said.push(words.join(" "));
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function answer(command, answer, ...members) {
  if (answer.error) say(command, "error", answer.error);
  else if ("queued" in answer) say(command, "queued", answer.queued, answer.reason ?? "");
  else say(command, ...members.map((member) => answer[member]));
}

const commands = {
  user: async (server) => answer("user", await server.user(), "user"),
  name: async (server, name) => answer("name", await server.rename(name), "name"),
  post: async (server, level, score) =>
    answer("post", await server.post(Number(level), Number(score)), "best", "rank"),
  two: (server, level, first, second) =>
    Promise.all([server.post(level, Number(first)), server.post(level, Number(second))]),
  flush: async (server) => answer("flush", await server.flush()),
  drain: async (server) => {
    const giveUp = Date.now() + PATIENCE;
    while ((await server.flush()).queued && Date.now() < giveUp) await sleep(20);
    await commands.flush(server);
  },
  top: async (server, level) => {
    const { entries } = await server.top(level, 3);
    say("top", ...entries.map((entry) => `${entry.name}=${entry.score}`));
  },
  around: async (server, level) => answer("around", await server.around(level, 1), "rank"),
  watch: (server, level, score) =>
    new Promise((resolve) => {
      const stop = server.watch([level], (board) => {
        if (board.entries[0]?.score !== Number(score)) return;
        stop();
        say("watch", score);
        resolve();
      });
    }),
};

export const run = async (url, lines) => {
  const onPost = (post, answer) =>
    say("went", post.level, post.body.score, answer.error ?? answer.best);
  const server = new GameServer(url, { onPost });
  for (const line of lines) {
    const [name, ...given] = line.split(":");
    await commands[name](server, ...given);
  }
  return said.splice(0);
};
