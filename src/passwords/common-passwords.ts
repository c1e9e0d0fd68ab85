import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import common from '@zxcvbn-ts/language-common';
import { OperatorError } from '../common/operator-error.js';
import { foldPassword } from './password-strength.js';

/** Of a file: at 8 bytes each, 80 MB. */
export const maxListedPasswords = 10_000_000;

/** Passwords that everybody tries first: the list that ships with the service, and the operator's own. */
export class CommonPasswords {
  private constructor(
    private readonly shipped: ReadonlySet<string>,
    /** Ascending; empty without a file. */
    private readonly listed: BigUint64Array,
  ) {}

  /** `file`: one password a line, UTF-8. One that cannot be used stops the start. */
  static async load(file: string | undefined): Promise<CommonPasswords> {
    const shipped = new Set(common.dictionary['passwords-common']);
    return new CommonPasswords(shipped, file === undefined ? new BigUint64Array() : await readList(file));
  }

  get size(): number {
    return this.shipped.size + this.listed.length;
  }

  readonly has = (folded: string): boolean => {
    return this.shipped.has(folded) || (this.listed.length > 0 && includesSorted(this.listed, fingerprint(folded)));
  };
}

async function readList(file: string): Promise<BigUint64Array> {
  const fingerprints = new Fingerprints();
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      if (line.includes('\0')) throw unusable('holds binary data instead of one password a line');
      if (line === '') continue;
      if (fingerprints.length === maxListedPasswords) throw unusable(`has more than ${maxListedPasswords} lines`);
      fingerprints.add(fingerprint(foldPassword(line)));
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw unusable(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  if (fingerprints.length === 0) throw unusable('holds no password');
  return fingerprints.sorted();
}

function unusable(fault: string): OperatorError {
  return new OperatorError(`PASSWORD_LIST_FILE ${fault}: give a UTF-8 text file with one password a line.`);
}

/** 64 bits of SHA-256: among ten million, a password that is not listed is taken for one in 10^12 cases. */
function fingerprint(folded: string): bigint {
  return hash('sha256', folded, 'buffer').readBigUInt64LE();
}

/** Grows by doubling, so that a list takes no more than twice its own memory while it is read. */
class Fingerprints {
  private values = new BigUint64Array(1 << 16);
  length = 0;

  add(value: bigint): void {
    if (this.length === this.values.length) {
      const larger = new BigUint64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  sorted(): BigUint64Array {
    return this.values.slice(0, this.length).sort();
  }
}

function includesSorted(values: BigUint64Array, wanted: bigint): boolean {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return values[low] === wanted;
}
