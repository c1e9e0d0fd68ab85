import { randomBytes } from 'node:crypto';
import argon2 from 'argon2';
import type { Config } from '../config/config.js';
import type { ForeignHash } from './foreign-hash.js';
import type { HashCaller, HashQueueWatcher } from './hash-queue.js';
import { HashQueue } from './hash-queue.js';
import { normalisePassword } from './password-policy.js';
import { foreignHashOf, noPassword } from './stored-password.js';

/**
 * Places to wait behind each hash that runs. One of the default cost takes about 25 ms, so who is let in waits some
 * three seconds at most, on any number of cores.
 */
const waitingPerSlot = 128;

export interface PasswordCheck {
  matches: boolean;
  /** It matches, but was hashed elsewhere or with other parameters than today's: hash it anew and store that. */
  rehash: boolean;
}

/** argon2id as PHC strings, with bounded concurrency. Normalises passwords itself; the policy is its callers' matter. */
export class PasswordHasher {
  private constructor(
    private readonly cost: Argon2Cost,
    /** A hash of a password that nobody knows. */
    private readonly decoy: string,
    readonly queue: HashQueue,
  ) {}

  /** Makes one hash, so that parameters the machine cannot bear stop the start and not the first sign-in. */
  static async create(
    { argon2: cost, concurrency }: Pick<Config['passwords'], 'argon2' | 'concurrency'>,
    watcher?: HashQueueWatcher,
  ): Promise<PasswordHasher> {
    const decoy = await argon2.hash(randomBytes(32), argon2Options(cost));
    return new PasswordHasher(
      cost,
      decoy,
      new HashQueue({ concurrency, maxWaiting: concurrency * waitingPerSlot }, watcher),
    );
  }

  hash(password: string, caller: HashCaller): Promise<string> {
    return this.queue.run(caller, () => argon2.hash(normalisePassword(password), argon2Options(this.cost)));
  }

  /**
   * As much work as the parameters in `stored` (of users.password_hash) ask, whether it matches or not: an imported account
   * can be told by the time, until its first sign-in makes its hash one of ours.
   */
  async verify(stored: string, password: string, caller: HashCaller): Promise<PasswordCheck> {
    if (stored === noPassword) return this.verifyUnknown(password, caller);
    const foreign = foreignHashOf(stored);
    const matches = await this.queue.run(caller, () =>
      foreign ? matchesForeign(foreign, password) : argon2.verify(stored, normalisePassword(password)),
    );
    return { matches, rehash: matches && (foreign !== undefined || this.isOutdated(stored)) };
  }

  /** For an account that does not exist: never matches, after the work of one whose hash has today's parameters. */
  async verifyUnknown(password: string, caller: HashCaller): Promise<PasswordCheck> {
    await this.verify(this.decoy, password, caller);
    return { matches: false, rehash: false };
  }

  private isOutdated(phc: string): boolean {
    return !phc.startsWith('$argon2id$') || argon2.needsRehash(phc, argon2Options(this.cost));
  }
}

/** As typed first: that is what others hash. Some of them normalise, too. */
async function matchesForeign(foreign: ForeignHash, password: string): Promise<boolean> {
  if (await foreign.verify(password)) return true;
  const normalised = normalisePassword(password);
  return normalised !== password && foreign.verify(normalised);
}

type Argon2Cost = Config['passwords']['argon2'];

function argon2Options({ memoryKib, passes, lanes }: Argon2Cost) {
  return { type: argon2.argon2id, memoryCost: memoryKib, timeCost: passes, parallelism: lanes, hashLength: 32 };
}
