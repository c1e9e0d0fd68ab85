/** What a command of the operator reads and writes: `process` is one. */
export interface Terminal {
  stdin: AsyncIterable<Uint8Array | string>;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** For steps that tell what they do: a command tells only what its user has to know. */
export function warningsTo({ stderr }: Terminal): { log(): void; warn(message: string): void } {
  return { log: () => undefined, warn: (message) => void stderr.write(`${message}\n`) };
}
