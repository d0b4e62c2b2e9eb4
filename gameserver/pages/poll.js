// Asks for something again and again while somebody looks: less often while it fails, and not
// before the server would have it.

const LONGEST_WAIT = 120;

// `read()` asks, `show(answer)` gets what came, unless there is something newer already; it returns
// the seconds until the next time. `tell(state, failure)` is told "live", "away" (the server cannot
// be reached), "refused" or "paused". Returns a function that asks at once. Its promise is
// kept when that answer, or a newer one that has overtaken it, has come.
export function poll(read, show, tell, signal) {
  let timer = 0;
  let newest = 0;
  let running = null;
  let wait = 1;

  function run() {
    clearTimeout(timer);
    const mine = ++newest;
    running = ask(mine).then(() => (mine === newest ? null : running));
    return running;
  }

  async function ask(mine) {
    try {
      const answer = await read();
      if (mine !== newest || signal.aborted) return;
      wait = show(answer);
      tell(document.hidden ? "paused" : "live");
    } catch (failure) {
      if (mine !== newest || signal.aborted) return;
      if (failure.status === undefined) throw failure;
      wait = Math.min(LONGEST_WAIT, Math.max(2, 2 * wait, failure.wait));
      tell(failure.status ? "refused" : "away", failure);
    }
    if (!document.hidden) timer = setTimeout(run, 1000 * wait * (0.9 + 0.2 * Math.random()));
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) tell("paused");
    else run();
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  return run;
}
