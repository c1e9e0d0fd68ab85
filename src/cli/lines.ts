/** A line without its end. `bytes` is undefined if the line is too long. */
export interface Line {
  /** From 1. */
  number: number;
  bytes: Buffer | undefined;
}

const lineFeed = 0x0a;

/** The lines of a stream, whatever its size; no more than one line and one chunk are held. */
export async function* linesOf(input: AsyncIterable<Uint8Array | string>, maxBytes: number): AsyncGenerator<Line> {
  let number = 0;
  let begun: Buffer[] = [];
  let length = 0;
  const end = (): Line => {
    const bytes = length > maxBytes ? undefined : Buffer.concat(begun);
    begun = [];
    length = 0;
    return { number: ++number, bytes };
  };
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= maxBytes) begun.push(part);
    else begun = [];
  };
  for await (const chunk of input) {
    let rest = Buffer.from(chunk);
    for (let at = rest.indexOf(lineFeed); at !== -1; at = rest.indexOf(lineFeed)) {
      add(rest.subarray(0, at));
      yield end();
      rest = rest.subarray(at + 1);
    }
    add(rest);
  }
  if (length > 0) yield end();
}
