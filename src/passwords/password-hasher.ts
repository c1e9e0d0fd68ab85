import { randomBytes } from 'node:crypto';
import argon2 from 'argon2';
import type { Config } from '../config/config.js';
import { findTracer, inSpan } from '../tracing/tracer.js';
import { mayBeTruncated } from './bcrypt-truncation.js';
import type { ForeignHash } from './foreign-hash.js';
import type { HashCaller, HashQueueWatcher } from './hash-queue.js';
import { HashQueue } from './hash-queue.js';
import { normalisePassword } from './password-policy.js';
import { foreignHashOf, noPassword } from './stored-password.js';

/**
 * Waiting places for each hash that runs. A hash of the default cost takes about 25 ms, so an accepted caller waits about
 * three seconds at most, on any number of cores.
 */
const waitingPerSlot = 128;

export interface PasswordCheck {
  matches: boolean;
  /** It matches, but was hashed by another system or with other parameters: hash it again and store that. */
  rehash: boolean;
  /** It matches, but so would other endings: never store a hash of it, and ask the user to choose a new password. */
  truncated: boolean;
}

/** argon2id as PHC strings, with bounded concurrency. Normalises passwords. Does not apply the password policy. */
export class PasswordHasher {
  private readonly tracer = findTracer();

  private constructor(
    private readonly cost: Argon2Cost,
    /** A hash of a password that nobody knows. */
    private readonly decoy: string,
    readonly queue: HashQueue,
  ) {}

  /** Computes one hash, so that parameters that this machine cannot handle stop the start and not the first sign-in. */
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
    return this.run('password.hash', caller, () => argon2.hash(normalisePassword(password), argon2Options(this.cost)));
  }

  /**
   * Takes the work that the parameters in `stored` (from users.password_hash) require, whether it matches or not. So the time
   * reveals an imported account until its first sign-in replaces its hash with one of ours.
   */
  async verify(stored: string, password: string, caller: HashCaller): Promise<PasswordCheck> {
    if (stored === noPassword) return this.verifyUnknown(password, caller);
    const foreign = foreignHashOf(stored);
    const matches = await this.run('password.verify', caller, () =>
      foreign ? matchesForeign(foreign, password) : argon2.verify(stored, normalisePassword(password)),
    );
    const forms = [password, normalisePassword(password)];
    const truncated = matches && forms.some((form) => mayBeTruncated(stored, form));
    const outdated = foreign !== undefined || this.isOutdated(stored);
    return { matches, rehash: matches && outdated && !truncated, truncated };
  }

  /** For an account that does not exist: never matches, after the work of a hash with the current parameters. */
  async verifyUnknown(password: string, caller: HashCaller): Promise<PasswordCheck> {
    await this.verify(this.decoy, password, caller);
    return { matches: false, rehash: false, truncated: false };
  }

  /** The span includes the wait in the queue; its event says when the wait was over. */
  private run<T>(name: 'password.hash' | 'password.verify', caller: HashCaller, work: () => Promise<T>): Promise<T> {
    return inSpan(this.tracer, name, {}, (span) =>
      this.queue.run(caller, () => {
        span?.addEvent('started');
        return work();
      }),
    );
  }

  private isOutdated(phc: string): boolean {
    return !phc.startsWith('$argon2id$') || argon2.needsRehash(phc, argon2Options(this.cost));
  }
}

/** Tries the password as typed first, because most systems hash that. Some normalise it. */
async function matchesForeign(foreign: ForeignHash, password: string): Promise<boolean> {
  if (await foreign.verify(password)) return true;
  const normalised = normalisePassword(password);
  return normalised !== password && foreign.verify(normalised);
}

type Argon2Cost = Config['passwords']['argon2'];

function argon2Options({ memoryKib, passes, lanes }: Argon2Cost) {
  return { type: argon2.argon2id, memoryCost: memoryKib, timeCost: passes, parallelism: lanes, hashLength: 32 };
}
