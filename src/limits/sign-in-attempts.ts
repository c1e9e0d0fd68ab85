import { Inject, Injectable } from '@nestjs/common';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { AuditLog } from '../audit/audit-log.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { UsersService } from '../users/users.service.js';
import type { SignInAttempt } from './attempt-limits.js';
import { AttemptLimits } from './attempt-limits.js';
import { DeviceTokens } from './device-tokens.js';
import { KeyedSemaphore } from './keyed-semaphore.js';
import { Limiters } from './limiters.js';
import type { Quota } from './quota.js';

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

/** The link of an email, whose reader is asked for the password of the account that it was sent for. */
export interface LinkSource {
  linkOfUserId: string;
}

/** A response to the challenge for a second factor. */
export interface FactorSource {
  userId: string;
  /** The kind of factor: guesses at one do not hold up another. */
  factor: string;
  /** The first factor came from a known device, so a stranger who knows the password does not hold it up. */
  knownDevice: boolean;
}

/** A code from an email. */
export interface EmailedCodeSource {
  /** The address it was sent to. */
  codeFor: string;
  ip: string;
}

/** A right proof other than a password, whose owner must not fill the audit trail with sign-ins. */
export interface RightProofSource {
  rightProofOfUserId: string;
}

/** A proof that cannot be guessed, such as a passkey or the link of an email. */
export interface UnguessableSource {
  unguessableFrom: string;
}

export type AttemptSource =
  SignInSource | SessionSource | LinkSource | FactorSource | EmailedCodeSource | UnguessableSource | RightProofSource;

/** A failing known device: where it counts besides its own budget. */
interface KnownDevice {
  key: string;
  /** All known devices of the account together. */
  ownerKey: string;
}

const knownSigns = { known: true, earlierFailures: () => Promise.resolve(0) };

/** All known devices of an account together may fail this many times as often as one of them, before they count as strangers. */
const deviceCeilingFactor = 4;
/** Attempts by known devices of one account at once: the ceiling is exceeded by fewer than this. */
const devicesAtOnce = 4;

/**
 * Slows down password guessing without slowing down users. Failures of a known device or a session are counted apart; those
 * of other callers are counted together by account, whether it exists or not, and by address block. Right passwords are
 * counted by account. A refused attempt costs no hash and is not counted.
 */
@Injectable()
export class SignInAttempts {
  private readonly limits: AttemptLimits;
  private readonly ceiling: { quota: Quota; failures: RateLimiterAbstract } | undefined;
  private readonly devicesInTurn = new KeyedSemaphore();

  constructor(
    private readonly limiters: Limiters,
    private readonly devices: DeviceTokens,
    private readonly users: UsersService,
    audit: AuditLog,
    @Inject(CONFIG) { limits }: Config,
  ) {
    this.limits = new AttemptLimits(limiters, audit, limits);
    const { accountFailures } = limits;
    const ceiling = accountFailures && { ...accountFailures, count: accountFailures.count * deviceCeilingFactor };
    this.ceiling = ceiling && { quota: ceiling, failures: limiters.shared('device-failures', ceiling) };
  }

  /** Runs `attempt` when it is its turn. Throws `rate_limited`, or `overloaded` if too many wait. */
  async run<T>(source: AttemptSource, attempt: (permit: SignInAttempt) => Promise<T>): Promise<T> {
    const { limits } = this;
    if ('rightProofOfUserId' in source) {
      const key = this.limiters.keyFor(`right proof of ${source.rightProofOfUserId}`);
      return limits.run(limits.successSubject(key), attempt, knownSigns);
    }
    if ('unguessableFrom' in source)
      return limits.run(limits.addressSubject(source.unguessableFrom), attempt, knownSigns);
    if ('codeFor' in source) {
      const code = limits.accountSubject(this.limiters.keyFor(`email code ${source.codeFor}`));
      return limits.run([...limits.addressSubject(source.ip), ...code], attempt, knownSigns);
    }
    if ('factor' in source) {
      const { userId, factor, knownDevice } = source;
      const key = this.limiters.keyFor(`factor ${factor} of ${userId} ${knownDevice ? 'known' : 'strange'}`);
      return limits.run(limits.accountSubject(key), attempt, knownSigns);
    }
    // Its own counter: strangers do not hold up a signed-in user, and a thief with a stolen token guesses apart.
    if (!('email' in source)) {
      const name = 'sessionId' in source ? `session ${source.sessionId}` : `link of ${source.linkOfUserId}`;
      const key = this.limiters.keyFor(name);
      return limits.run([...limits.accountSubject(key), ...limits.successSubject(`right ${key}`)], attempt, knownSigns);
    }
    const device = await this.findDevice(source);
    const known = device && (await this.runAsDevice(device, source.email, attempt));
    if (known) return known.result;
    const { ip, email } = source;
    const key = this.accountKey(email);
    // The address before the account: an attempt that waits for the account must not keep others from it.
    const subjects = [...limits.addressSubject(ip), ...limits.accountSubject(key), ...this.successSubject(email)];
    return limits.run(subjects, attempt, { known: false, earlierFailures: () => limits.failuresOf(key) });
  }

  /** For a caller that has proven to own the account's address: other callers' failures no longer refuse its sign-in. */
  async forget(email: string): Promise<void> {
    await this.limits.forget(this.accountKey(email));
  }

  /** Returns undefined if the known devices of the account have failed too often: then they count as strangers. */
  private runAsDevice<T>(
    { key, ownerKey }: KnownDevice,
    email: string,
    attempt: (permit: SignInAttempt) => Promise<T>,
  ): Promise<{ result: T } | undefined> {
    const { quota, failures } = this.ceiling!;
    return this.devicesInTurn.run(ownerKey, devicesAtOnce, async () => {
      const use = await failures.get(ownerKey);
      if (use && use.consumedPoints >= quota.count && use.msBeforeNext > 0) return undefined;
      const own = this.limits.accountSubject(key).map((subject) => ({
        ...subject,
        failed: async () => (await Promise.all([subject.failed(), failures.penalty(ownerKey)]))[0],
      }));
      return { result: await this.limits.run([...own, ...this.successSubject(email)], attempt, knownSigns) };
    });
  }

  /** Costs a query only if the token may be ours. */
  private async findDevice({ email, deviceToken }: SignInSource): Promise<KnownDevice | undefined> {
    if (!this.ceiling || !this.devices.mayBeOurs(deviceToken)) return undefined;
    const user = await this.users.findCredentialsByEmail(email);
    const id = user && this.devices.recognise(deviceToken, { ...user, userId: user.id });
    if (!id) return undefined;
    const deviceId = Buffer.from(id).toString('base64url');
    return {
      key: this.limiters.keyFor(`device ${deviceId}`),
      // A new password starts again: it voids the devices that have failed.
      ownerKey: this.limiters.keyFor(`devices of ${user.id} ${user.passwordHash}`),
    };
  }

  /** Of a known device too: one that knows the password must not occupy the queue of hashes. */
  private successSubject(email: string) {
    return this.limits.successSubject(`right ${this.accountKey(email)}`);
  }

  private accountKey(email: string): string {
    return this.limiters.keyFor(`account ${email}`);
  }
}
