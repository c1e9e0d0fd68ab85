const ends = [];
let ending;

/** Remembers how to end something that was started; the last started is the first to end. */
export function atEnd(end) {
  ends.push(end);
}

/** Starts something that takes its time, and ends it also when the end comes before it is there. */
export function startEnding(starting, end) {
  atEnd(async () => end(await starting));
  return starting;
}

/** Runs once: all callers wait for the same end. A failure does not keep the others from ending. */
export function endEverything() {
  ending ??= endAll();
  return ending;
}

async function endAll() {
  for (let end = ends.pop(); end; end = ends.pop()) {
    try {
      await end();
    } catch (error) {
      console.error(error);
    }
  }
}

/** Ctrl-C, SIGTERM, a closed terminal and an error that nobody waited for end everything that was started, then this process. */
export function endWhateverHappens() {
  let leaving = false;
  const leave = (exitCode) => {
    leaving = true;
    void endEverything().finally(() => process.exit(exitCode));
  };
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => leave(exitCode));
  }
  process.on('uncaughtException', (error) => {
    // After a signal what was under way fails because its server has gone.
    if (!leaving) console.error(error);
    leave(1);
  });
}
