import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import common from '@zxcvbn-ts/language-common';
import { OperatorError } from '../common/operator-error.js';

/** The form in which passwords are compared with a list: NFKC and lower case. */
export function foldPassword(password: string): string {
  return password.normalize('NFKC').toLowerCase();
}

/** The most lines of a file. At 8 bytes each, they take 80 MB. */
export const maxListedPasswords = 10_000_000;

/** The most common passwords: the list that ships with the service, and the operator's own. */
export class CommonPasswords {
  private constructor(
    private readonly shipped: ReadonlySet<string>,
    /** Fingerprints in ascending order. Empty without a file. */
    private readonly listed: BigUint64Array,
  ) {}

  /** `file` holds one password per line in UTF-8. Throws OperatorError if it cannot be used. */
  static async load(file: string | undefined): Promise<CommonPasswords> {
    const shipped = new Set(common.dictionary['passwords-common']);
    return new CommonPasswords(shipped, file === undefined ? new BigUint64Array() : await readList(file));
  }

  get size(): number {
    return this.shipped.size + this.listed.length;
  }

  /** Expects a folded password. */
  has(folded: string): boolean {
    return this.shipped.has(folded) || (this.listed.length > 0 && includesSorted(this.listed, fingerprint(folded)));
  }
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

/** 64 bits of SHA-256. With ten million lines, an unlisted password counts as listed in one of 10^12 cases. */
function fingerprint(folded: string): bigint {
  return hash('sha256', folded, 'buffer').readBigUInt64LE();
}

/** Grows by doubling, so reading a list takes at most twice its memory. */
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
