/** What a command reads and writes: `process` is one. */
export interface Terminal {
  stdin: AsyncIterable<Uint8Array | string>;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** A log that shows the operator warnings only. */
export function warningsTo({ stderr }: Terminal): { log(): void; warn(message: string): void } {
  return { log: () => undefined, warn: (message) => void stderr.write(`${message}\n`) };
}
