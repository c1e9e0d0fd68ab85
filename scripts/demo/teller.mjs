/** The story cannot continue. The message is for its reader. */
export class StoryBroken extends Error {}

/** Writes the story, in colour on a terminal. */
export function createTeller(output) {
  const colour = (code) => (text) => (output.isTTY ? `\x1b[${code}m${text}\x1b[0m` : text);
  const [bold, dim, red, green] = [1, 2, 31, 32].map(colour);
  const write = (line = '') => output.write(`${line}\n`);
  let interrupted = false;

  return {
    chapter: (title) => write(`\n${bold(title)}`),
    note: (text) => write(dim(text)),
    /** What was sent and what came back, on one line. */
    exchange: (who, request, response, result = '') =>
      write(`  ${who.padEnd(6)} ${request.padEnd(36)} ${green(response.padEnd(18))} ${result}`.trimEnd()),
    /** A line that the next one replaces. Only a terminal shows it. */
    progress: (text) => {
      if (output.isTTY) output.write(`\r\x1b[K${dim(text)}`);
    },
    failure: (text) => write(`\n${red(text)}`),
    interrupt: () => {
      interrupted = true;
    },
    /** Throws once the reader has pressed Ctrl-C. */
    assertNotInterrupted: () => {
      if (interrupted) throw new StoryBroken('Interrupted.');
    },
  };
}

const tokenPrefix = 'pwl1_';
const generationAt = 36;

/**
 * A token as it is shown: its prefix and its last characters. For a refresh token also its
 * generation, which is not secret.
 */
export function shortened(token) {
  const generation = token.startsWith(tokenPrefix)
    ? ` gen ${Buffer.from(token.slice(tokenPrefix.length), 'base64url').readUInt32BE(generationAt)}`
    : '';
  return `${token.slice(0, tokenPrefix.length)}…${token.slice(-5)}${generation}`;
}
