import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { addressBlock } from './address-block.js';
import type { BackOffPolicy } from './back-off.js';
import { backOffSeconds } from './back-off.js';
import { DeviceTokens } from './device-tokens.js';
import { KeyedSemaphore } from './keyed-semaphore.js';
import { Limiters } from './limiters.js';
import type { Quota } from './quota.js';
import { quotaHeaders } from './quota.js';

/** Who tries to sign in, and from where. */
export interface SignInSource {
  email: string;
  /** Address of the client. */
  ip: string;
  /** A device token, if one was presented. */
  deviceToken?: string;
}

/** A live session whose user is asked for the password once more. */
export interface SessionSource {
  sessionId: string;
}

/** One attempt that was let through. */
export interface SignInAttempt {
  /** To be called when the password was wrong. For how many seconds the account now refuses; 0 for not at all. */
  failed: () => Promise<number>;
}

/** Something that is counted: an account, a device or an address. */
interface Subject {
  key: string;
  /** What clients see of the limit. */
  name: string;
  quota: Quota;
  /** Attempts at once. */
  width: number;
  /** Where to look whether it is refused: with more points than these. */
  refusals: { limiter: RateLimiterAbstract; points: number };
  /** Counts a failure; for how many seconds that has it refused. */
  failed: () => Promise<number>;
}

interface AccountLimit {
  quota: Quota;
  policy: BackOffPolicy;
  failures: RateLimiterAbstract;
  /** A key is in it while it is refused. */
  blocks: RateLimiterAbstract;
}

interface AddressLimit {
  quota: Quota;
  failures: RateLimiterAbstract;
}

/** Known refusals are remembered so long at most, lest an instance go on refusing what another has forgiven. */
const maxRememberedMs = 30_000;
const maxRemembered = 10_000;

/**
 * Slows down who guesses passwords, and nobody else. A known device, or session, counts by itself; everybody else counts together by
 * account (whether it exists or not) and by address. Only a wrong password writes; what is refused costs no hash and does
 * not count.
 */
@Injectable()
export class SignInAttempts {
  private readonly account: AccountLimit | undefined;
  private readonly address: AddressLimit | undefined;
  private readonly turnstile = new KeyedSemaphore();
  /** Until when a key is refused, in milliseconds since 1970. */
  private readonly refusedUntil = new LRUCache<string, number>({ max: maxRemembered, ttl: maxRememberedMs });

  constructor(
    private readonly limiters: Limiters,
    private readonly devices: DeviceTokens,
    private readonly audit: AuditLog,
    @Inject(CONFIG) { limits }: Config,
  ) {
    const { accountFailures, accountMaxDelaySeconds, addressFailures } = limits;
    this.account = accountFailures && {
      quota: accountFailures,
      policy: { freeFailures: accountFailures.count, maxDelaySeconds: accountMaxDelaySeconds },
      failures: limiters.shared('account-failures', accountFailures),
      blocks: limiters.shared('account-blocks', { count: 0, windowSeconds: accountMaxDelaySeconds }),
    };
    this.address = addressFailures && {
      quota: addressFailures,
      failures: limiters.shared('address-failures', addressFailures),
    };
  }

  /** Runs `attempt` once it is this one's turn. Throws `rate_limited`, or `overloaded` when too many wait. */
  async run<T>(source: SignInSource | SessionSource, attempt: (permit: SignInAttempt) => Promise<T>): Promise<T> {
    const subjects = this.subjectsOf(source);
    for (const subject of subjects) this.refuseRemembered(subject);
    return this.inTurn(subjects, async () => {
      await Promise.all(subjects.map((subject) => this.refuseCounted(subject)));
      return attempt({
        failed: async () => Math.max(0, ...(await Promise.all(subjects.map(({ failed }) => failed())))),
      });
    });
  }

  /** For who has proven to own the account's address: whatever others have guessed, the next sign-in is not refused for it. */
  async forget(email: string): Promise<void> {
    const key = this.accountKey(email);
    await Promise.all([this.account?.failures.delete(key), this.account?.blocks.delete(key)]);
    this.refusedUntil.delete(key);
  }

  /** The address before the account: who waits for the account must not keep others from it. */
  private subjectsOf(source: SignInSource | SessionSource): Subject[] {
    // By itself: strangers' guesses do not hold up who is signed in, and who has stolen a token guesses for himself.
    if ('sessionId' in source) return this.accountSubject(this.limiters.keyFor(`session ${source.sessionId}`));
    const { email, ip, deviceToken } = source;
    const device = this.devices.recognise(deviceToken, email);
    if (device !== undefined) return this.accountSubject(this.limiters.keyFor(`device ${device}`));
    return [...this.addressSubject(ip), ...this.accountSubject(this.accountKey(email))];
  }

  /** One at a time: the next is judged when it is known whether this one failed. */
  private accountSubject(key: string): Subject[] {
    if (!this.account) return [];
    const { quota, policy, failures, blocks } = this.account;
    const failed = async () => {
      const { consumedPoints } = await failures.penalty(key);
      const seconds = backOffSeconds(consumedPoints, policy);
      if (seconds > 0) {
        await blocks.block(key, seconds);
        this.remember(key, seconds * 1000);
      }
      return seconds;
    };
    return [{ key, name: 'sign-in-account', quota, width: 1, refusals: { limiter: blocks, points: 0 }, failed }];
  }

  /** Of those at once all may fail: the limit is passed by a tenth at most. */
  private addressSubject(ip: string): Subject[] {
    if (!this.address) return [];
    const { quota, failures } = this.address;
    const [name, key] = ['sign-in-address', this.limiters.keyFor(`address ${addressBlock(ip)}`)];
    const failed = async () => {
      const { consumedPoints, msBeforeNext } = await failures.penalty(key);
      if (consumedPoints < quota.count) return 0;
      if (consumedPoints === quota.count) this.audit.record({ event: 'address.limited', ip, details: { limit: name } });
      this.remember(key, msBeforeNext);
      return 0;
    };
    const refusals = { limiter: failures, points: quota.count - 1 };
    return [{ key, name, quota, width: Math.ceil(quota.count / 10), refusals, failed }];
  }

  private inTurn<T>([subject, ...rest]: Subject[], work: () => Promise<T>): Promise<T> {
    return subject ? this.turnstile.pass(subject.key, subject.width, () => this.inTurn(rest, work)) : work();
  }

  private refuseRemembered(subject: Subject): void {
    const leftMs = (this.refusedUntil.get(subject.key) ?? 0) - Date.now();
    if (leftMs > 0) refuse(subject, leftMs);
  }

  private async refuseCounted(subject: Subject): Promise<void> {
    this.refuseRemembered(subject);
    const { limiter, points } = subject.refusals;
    const use = await limiter.get(subject.key);
    if (!use || use.consumedPoints <= points || use.msBeforeNext <= 0) return;
    this.remember(subject.key, use.msBeforeNext);
    refuse(subject, use.msBeforeNext);
  }

  private remember(key: string, leftMs: number): void {
    this.refusedUntil.set(key, Date.now() + leftMs);
  }

  private accountKey(email: string): string {
    return this.limiters.keyFor(`account ${email}`);
  }
}

function refuse({ name, quota }: Subject, leftMs: number): never {
  const retryAfterSeconds = Math.ceil(leftMs / 1000);
  throw new ApiError('rate_limited', name, {
    retryAfterSeconds,
    headers: quotaHeaders({ name, quota, remaining: 0, resetSeconds: retryAfterSeconds }),
  });
}
