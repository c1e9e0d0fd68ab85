import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { AuditLog } from '../audit/audit-log.js';
import { addressBlock } from '../common/address-block.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import type { BackOffPolicy } from './back-off.js';
import { backOffSeconds } from './back-off.js';
import { KeyedSemaphore } from './keyed-semaphore.js';
import type { Limiters } from './limiters.js';
import type { Quota } from './quota.js';
import { quotaHeaders } from './quota.js';
import { RememberedRefusals } from './remembered-refusals.js';

/** An attempt that was not refused. */
export interface SignInAttempt {
  /** To be called if the password was wrong. Resolves with the seconds for which the account now refuses; 0 for none. */
  failed: () => Promise<number>;
  /** It presented the token of a known device, or has a session. */
  known: boolean;
  /** Wrong passwords counted for the account by strangers. Costs a query. */
  earlierFailures: () => Promise<number>;
}

/** Something that attempts are counted for: an account, a device, a session or an address block. */
export interface Subject {
  key: string;
  /** What callers see of the limit. */
  name: string;
  quota: Quota;
  /** How many attempts may run at the same time. */
  concurrency: number;
  /** It is refused while this counter has more than `points` points. */
  refusals: { limiter: RateLimiterAbstract; points: number };
  /** Counts a failure. Resolves with the seconds for which that has it refused. */
  failed: () => Promise<number>;
  /** Counts an attempt with the right password. */
  succeeded?: () => Promise<unknown>;
}

interface AccountLimit {
  quota: Quota;
  policy: BackOffPolicy;
  failures: RateLimiterAbstract;
  /** Contains a key while it is refused. */
  blocks: RateLimiterAbstract;
}

interface CountedLimit {
  quota: Quota;
  counter: RateLimiterAbstract;
}

/** Runs attempts in turn, counts them for their subjects, and refuses those of subjects that have used up their quota. */
export class AttemptLimits {
  private readonly account: AccountLimit | undefined;
  private readonly address: CountedLimit | undefined;
  private readonly successes: CountedLimit | undefined;
  private readonly semaphore = new KeyedSemaphore();
  private readonly refusals = new RememberedRefusals();

  constructor(
    private readonly limiters: Limiters,
    private readonly audit: AuditLog,
    { accountFailures, accountMaxDelaySeconds, addressFailures, signIns }: Config['limits'],
  ) {
    this.account = accountFailures && {
      quota: accountFailures,
      policy: { freeFailures: accountFailures.count, maxDelaySeconds: accountMaxDelaySeconds },
      failures: limiters.shared('account-failures', accountFailures),
      blocks: limiters.shared('account-blocks', { count: 0, windowSeconds: accountMaxDelaySeconds }),
    };
    this.address = addressFailures && {
      quota: addressFailures,
      counter: limiters.shared('address-failures', addressFailures),
    };
    // In memory, so that a successful sign-in writes no counter.
    this.successes = signIns && { quota: signIns, counter: limiters.perInstance('sign-ins', signIns) };
  }

  /** Runs `attempt` when every subject has a free slot. Throws `rate_limited`, or `overloaded` if too many wait. */
  async run<T>(
    subjects: readonly Subject[],
    attempt: (permit: SignInAttempt) => Promise<T>,
    signs: Pick<SignInAttempt, 'known' | 'earlierFailures'>,
  ): Promise<T> {
    for (const subject of subjects) this.assertNotRemembered(subject);
    return this.inTurn([...subjects], async () => {
      await Promise.all(subjects.map((subject) => this.assertNotRefused(subject)));
      return this.count(subjects, (permit) => attempt({ ...permit, ...signs }));
    });
  }

  /** One at a time: whether the next is refused depends on the result of this one. */
  accountSubject(key: string): Subject[] {
    if (!this.account) return [];
    const { quota, policy, failures, blocks } = this.account;
    const failed = async () => {
      const { consumedPoints } = await failures.penalty(key);
      const seconds = backOffSeconds(consumedPoints, policy);
      if (seconds > 0) {
        await blocks.block(key, seconds);
        this.refusals.remember(key, seconds * 1000);
      }
      return seconds;
    };
    return [{ key, name: 'sign-in-account', quota, concurrency: 1, refusals: { limiter: blocks, points: 0 }, failed }];
  }

  /** Attempts that run at the same time may all fail, so the limit may be exceeded by a tenth. */
  addressSubject(ip: string): Subject[] {
    if (!this.address) return [];
    const { quota, counter } = this.address;
    const [name, key] = ['sign-in-address', this.limiters.keyFor(`address ${addressBlock(ip)}`)];
    const failed = async () => {
      const { consumedPoints, msBeforeNext } = await counter.penalty(key);
      if (consumedPoints < quota.count) return 0;
      if (consumedPoints === quota.count) this.audit.record({ event: 'address.limited', ip, details: { limit: name } });
      this.refusals.remember(key, msBeforeNext);
      return 0;
    };
    const refusals = { limiter: counter, points: quota.count - 1 };
    return [{ key, name, quota, concurrency: Math.ceil(quota.count / 10), refusals, failed }];
  }

  /**
   * Counts right passwords: a caller that knows one must not occupy the queue of hashes, or fill the audit trail. Only the
   * owner of the password can use this quota up.
   */
  successSubject(key: string): Subject[] {
    if (!this.successes) return [];
    const { quota, counter } = this.successes;
    return [
      {
        key,
        name: 'sign-ins',
        quota,
        concurrency: Math.ceil(quota.count / 10),
        refusals: { limiter: counter, points: quota.count - 1 },
        failed: () => Promise.resolve(0),
        succeeded: () => counter.penalty(key),
      },
    ];
  }

  async failuresOf(key: string): Promise<number> {
    return (await this.account?.failures.get(key))?.consumedPoints ?? 0;
  }

  /** Forgets the failures of an account. */
  async forget(key: string): Promise<void> {
    await Promise.all([this.account?.failures.delete(key), this.account?.blocks.delete(key)]);
    this.refusals.forget(key);
  }

  private async count<T>(
    subjects: readonly Subject[],
    attempt: (permit: Pick<SignInAttempt, 'failed'>) => Promise<T>,
  ): Promise<T> {
    let right = true;
    const failed = async () => {
      right = false;
      return Math.max(0, ...(await Promise.all(subjects.map((subject) => subject.failed()))));
    };
    try {
      return await attempt({ failed });
    } catch (error) {
      // A disabled account refuses the right password too; an overloaded service has not checked it.
      if (!(error instanceof ApiError) || error.status >= 500) right = false;
      throw error;
    } finally {
      if (right) await Promise.all(subjects.map(async ({ succeeded }) => succeeded?.()));
    }
  }

  private inTurn<T>([subject, ...rest]: Subject[], work: () => Promise<T>): Promise<T> {
    return subject ? this.semaphore.run(subject.key, subject.concurrency, () => this.inTurn(rest, work)) : work();
  }

  private assertNotRemembered(subject: Subject): void {
    const leftMs = this.refusals.leftMs(subject.key);
    if (leftMs > 0) refuse(subject, leftMs);
  }

  private async assertNotRefused(subject: Subject): Promise<void> {
    this.assertNotRemembered(subject);
    const { limiter, points } = subject.refusals;
    const use = await limiter.get(subject.key);
    if (!use || use.consumedPoints <= points || use.msBeforeNext <= 0) return;
    this.refusals.remember(subject.key, use.msBeforeNext);
    refuse(subject, use.msBeforeNext);
  }
}

function refuse({ name, quota }: Subject, leftMs: number): never {
  const retryAfterSeconds = Math.ceil(leftMs / 1000);
  throw new ApiError('rate_limited', name, {
    retryAfterSeconds,
    headers: quotaHeaders({ name, quota, remaining: 0, resetSeconds: retryAfterSeconds }),
  });
}
