const ends = [];

/** Remembers how to end something that was started; the last started is the first to end. */
export function atEnd(end) {
  ends.push(end);
}

export async function endEverything() {
  for (let end = ends.pop(); end; end = ends.pop()) await end();
}

/** Ctrl-C and SIGTERM end everything that was started, then this process. */
export function endOnSignals() {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => void endEverything().finally(() => process.exit(exitCode)));
  }
}
