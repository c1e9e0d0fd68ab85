import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { UsersService } from '../users/users.service.js';
import { addressBlock } from './address-block.js';
import type { BackOffPolicy } from './back-off.js';
import { backOffSeconds } from './back-off.js';
import { DeviceTokens } from './device-tokens.js';
import { KeyedSemaphore } from './keyed-semaphore.js';
import { Limiters } from './limiters.js';
import type { Quota } from './quota.js';
import { quotaHeaders } from './quota.js';

/** An attempt to sign in to an account. */
export interface SignInSource {
  email: string;
  /** Address of the client. */
  ip: string;
  /** The device token, if one was presented. */
  deviceToken?: string;
}

/** A live session whose user is asked for the password again. */
export interface SessionSource {
  sessionId: string;
}

/** An attempt that was not refused. */
export interface SignInAttempt {
  /** To be called if the password was wrong. Resolves with the seconds for which the account now refuses; 0 for none. */
  failed: () => Promise<number>;
}

/** Something that failures are counted for: an account, a device, a session or an address block. */
interface Subject {
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
}

interface AccountLimit {
  quota: Quota;
  policy: BackOffPolicy;
  failures: RateLimiterAbstract;
  /** Contains a key while it is refused. */
  blocks: RateLimiterAbstract;
}

interface AddressLimit {
  quota: Quota;
  failures: RateLimiterAbstract;
}

/** A failing known device: where it counts besides its own budget. */
interface KnownDevice {
  key: string;
  /** All known devices of the account together. */
  ownerKey: string;
}

/** All known devices of an account together may fail this many times as often as one of them, before they count as strangers. */
const deviceCeilingFactor = 4;
/** Attempts by known devices of one account at once: the ceiling is exceeded by fewer than this. */
const devicesAtOnce = 4;
/** The longest time that a refusal is remembered in memory: another instance may have lifted it. */
const maxRememberedMs = 30_000;
const maxRemembered = 10_000;

/**
 * Slows down password guessing without slowing down users. A known device or a session is counted by itself; other callers
 * are counted together by account, whether it exists or not, and by address block. Only a wrong password is counted. A
 * refused attempt costs no hash and is not counted.
 */
@Injectable()
export class SignInAttempts {
  private readonly account: AccountLimit | undefined;
  private readonly address: AddressLimit | undefined;
  private readonly ceiling: { quota: Quota; failures: RateLimiterAbstract } | undefined;
  private readonly semaphore = new KeyedSemaphore();
  /** When the refusal of a key ends, in milliseconds since 1970. */
  private readonly refusedUntil = new LRUCache<string, number>({ max: maxRemembered, ttl: maxRememberedMs });

  constructor(
    private readonly limiters: Limiters,
    private readonly devices: DeviceTokens,
    private readonly users: UsersService,
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
    const ceiling = accountFailures && { ...accountFailures, count: accountFailures.count * deviceCeilingFactor };
    this.ceiling = ceiling && { quota: ceiling, failures: limiters.shared('device-failures', ceiling) };
    this.address = addressFailures && {
      quota: addressFailures,
      failures: limiters.shared('address-failures', addressFailures),
    };
  }

  /** Runs `attempt` when it is its turn. Throws `rate_limited`, or `overloaded` if too many wait. */
  async run<T>(source: SignInSource | SessionSource, attempt: (permit: SignInAttempt) => Promise<T>): Promise<T> {
    // Its own counter: strangers do not hold up a signed-in user, and a thief with a stolen token guesses apart.
    if ('sessionId' in source) {
      return this.runAs(this.accountSubject(this.limiters.keyFor(`session ${source.sessionId}`)), attempt);
    }
    const device = await this.findDevice(source);
    const known = device && (await this.runAsDevice(device, attempt));
    if (known) return known.result;
    const { ip, email } = source;
    // The address before the account: an attempt that waits for the account must not keep others from it.
    return this.runAs([...this.addressSubject(ip), ...this.accountSubject(this.accountKey(email))], attempt);
  }

  /** Returns undefined if the known devices of the account have failed too often: then they count as strangers. */
  private runAsDevice<T>(
    { key, ownerKey }: KnownDevice,
    attempt: (permit: SignInAttempt) => Promise<T>,
  ): Promise<{ result: T } | undefined> {
    const { quota, failures } = this.ceiling!;
    return this.semaphore.run(ownerKey, devicesAtOnce, async () => {
      const use = await failures.get(ownerKey);
      if (use && use.consumedPoints >= quota.count && use.msBeforeNext > 0) return undefined;
      const subjects = this.accountSubject(key).map((subject) => ({
        ...subject,
        failed: async () => (await Promise.all([subject.failed(), failures.penalty(ownerKey)]))[0],
      }));
      return { result: await this.runAs(subjects, attempt) };
    });
  }

  /** Costs a query only if the token may be ours. */
  private async findDevice({ email, deviceToken }: SignInSource): Promise<KnownDevice | undefined> {
    if (!this.account || !this.devices.mayBeOurs(deviceToken)) return undefined;
    const user = await this.users.findCredentialsByEmail(email);
    const id = user && this.devices.recognise(deviceToken, { ...user, userId: user.id });
    if (!id) return undefined;
    const deviceId = Buffer.from(id).toString('base64url');
    return {
      key: this.limiters.keyFor(`device ${deviceId}`),
      // Another password begins anew: it voids the devices that have failed.
      ownerKey: this.limiters.keyFor(`devices of ${user.id} ${user.passwordHash}`),
    };
  }

  private async runAs<T>(subjects: Subject[], attempt: (permit: SignInAttempt) => Promise<T>): Promise<T> {
    for (const subject of subjects) this.refuseRemembered(subject);
    return this.inTurn(subjects, async () => {
      await Promise.all(subjects.map((subject) => this.refuseCounted(subject)));
      return attempt({
        failed: async () => Math.max(0, ...(await Promise.all(subjects.map(({ failed }) => failed())))),
      });
    });
  }

  /** For a caller that has proven to own the account's address: other callers' failures no longer refuse its sign-in. */
  async forget(email: string): Promise<void> {
    const key = this.accountKey(email);
    await Promise.all([this.account?.failures.delete(key), this.account?.blocks.delete(key)]);
    this.refusedUntil.delete(key);
  }

  /** One at a time: whether the next is refused depends on the result of this one. */
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
    return [{ key, name: 'sign-in-account', quota, concurrency: 1, refusals: { limiter: blocks, points: 0 }, failed }];
  }

  /** Attempts that run at the same time may all fail, so the limit may be exceeded by a tenth. */
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
    return [{ key, name, quota, concurrency: Math.ceil(quota.count / 10), refusals, failed }];
  }

  private inTurn<T>([subject, ...rest]: Subject[], work: () => Promise<T>): Promise<T> {
    return subject ? this.semaphore.run(subject.key, subject.concurrency, () => this.inTurn(rest, work)) : work();
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
