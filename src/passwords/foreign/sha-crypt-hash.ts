import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { equalBytes } from '../../secrets/bytes.js';
import type { ForeignHash } from '../foreign-hash.js';
import { encodeCryptDigits } from './crypt-digits.js';
import { assertBetween } from './unusable-hash.js';

const defaultRounds = 5000;
/** passlib computes 656,000 by default, which takes about a second. */
const maxRounds = 700_000;
const roundsBetweenPauses = 1024;

interface ShaCrypt {
  digest: 'sha256' | 'sha512';
  salt: Buffer;
  rounds: number;
}

/** `$5$` and `$6$` of crypt(3): SHA-256 and SHA-512, with `rounds=` if it is not 5000. */
export function readShaCrypt(text: string): ForeignHash | undefined {
  const shape = /^\$(?:5|6)\$(?:rounds=(\d{1,9})\$)?([^$:\s]{1,16})\$([./0-9A-Za-z]{43}|[./0-9A-Za-z]{86})$/;
  const [, rounds = defaultRounds, salt, hash] = shape.exec(text) ?? [];
  if (!hash || (hash.length === 43) !== text.startsWith('$5$')) return undefined;
  assertBetween('rounds', Number(rounds), 1000, maxRounds);
  const crypt: ShaCrypt = {
    digest: text.startsWith('$5$') ? 'sha256' : 'sha512',
    salt: Buffer.from(salt!),
    rounds: Number(rounds),
  };
  return {
    verify: async (password) =>
      equalBytes(Buffer.from(await shaCrypt(Buffer.from(password), crypt)), Buffer.from(hash)),
  };
}

/** As specified by Ulrich Drepper (akkadia.org/drepper/SHA-crypt.txt), whose step numbers stand at the lines. */
async function shaCrypt(password: Buffer, { digest, salt, rounds }: ShaCrypt): Promise<string> {
  const hash = (...parts: Uint8Array[]) => {
    const running = createHash(digest);
    for (const part of parts) running.update(part);
    return running.digest();
  };
  const inner = hash(password, salt, password); // 4 to 8
  const bits = [];
  for (let left = password.length; left > 0; left >>= 1) bits.push(left & 1 ? inner : password);
  let state = hash(password, salt, Buffer.alloc(password.length, inner), ...bits); // 1 to 3, 9 to 12
  const p = Buffer.alloc(password.length, hash(...Array<Buffer>(password.length).fill(password))); // 13 to 16
  const s = Buffer.alloc(salt.length, hash(...Array<Buffer>(16 + state[0]!).fill(salt))); // 17 to 20
  const none = Buffer.alloc(0);
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1;
    state = hash(isOdd ? p : state, round % 3 ? s : none, round % 7 ? p : none, isOdd ? state : p); // 21
    if (round % roundsBetweenPauses === 0) await setImmediate(); // other requests are served in between
  }
  return encodeCryptDigits(Uint8Array.from(outputOrder(digest), (at) => state[at]!)); // 22
}

/** Which byte of the digest is encoded where: three runs, of which each group of three takes one byte in turn. */
const outputs = {
  sha256: { runs: [20, 10, 0], turn: 2, groups: 10, rest: [30, 31] },
  sha512: { runs: [42, 21, 0], turn: 1, groups: 21, rest: [63] },
};

function outputOrder(digest: ShaCrypt['digest']): number[] {
  const { runs, turn, groups, rest } = outputs[digest];
  const order: number[] = [];
  for (let group = 0; group < groups; group++) {
    for (const [run, start] of runs.entries()) order[3 * group + ((run + turn * group) % 3)] = start + group;
  }
  return [...order, ...rest];
}
