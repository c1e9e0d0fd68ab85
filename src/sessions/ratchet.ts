import { Inject, Injectable } from '@nestjs/common';
import type { AuditEvent } from '../audit/audit-event.js';
import { AuditLog } from '../audit/audit-log.js';
import type { ErrorCode } from '../common/errors.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { Metrics, startAtZero } from '../metrics/metrics.js';
import { drawBytes } from '../secrets/bytes.js';
import type { DerivedKeys } from '../secrets/key-ring.js';
import { KeyRing } from '../secrets/key-ring.js';
import type { RefreshToken } from './refresh-token.js';
import { decodeRefreshToken, encodeRefreshToken, hashOf, nextSecret, nonceBytes } from './refresh-token.js';
import { ReuseResponse } from './reuse-response.js';
import type { Verdict } from './rotation.js';
import { judge } from './rotation.js';
import type { RotationStep, SessionWithUser } from './session-rows.js';
import { SessionRows } from './session-rows.js';

const grantingVerdicts = ['rotate', 'hold', 'replay', 'recover'] as const;

/** A refresh that was granted. */
export interface Refreshed {
  verdict: (typeof grantingVerdicts)[number];
  refreshToken: string;
  session: SessionWithUser;
}

export interface RefreshRequest {
  refreshToken: unknown;
  /** The OAuth client that presents it. */
  clientId: string;
  /** Address that the request came from, according to TRUST_PROXY. */
  ip: string;
  /** `performance.now()` when the request arrived. */
  arrivedAtMs: number;
}

type RefusingVerdict = Exclude<Verdict, Refreshed['verdict']>;

const refusals: Record<RefusingVerdict, ErrorCode> = {
  invalid: 'refresh_invalid',
  revoked: 'session_revoked',
  expired: 'refresh_expired',
  ahead: 'refresh_invalid',
  unavailable: 'temporarily_unavailable',
  reuse: 'refresh_reused',
};

const maxAttempts = 3;

/** Refreshes sessions as described in docs/refresh-tokens.md, which follows RFC 9700 section 4.14.2. */
@Injectable()
export class Ratchet {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly rows: SessionRows,
    private readonly reuse: ReuseResponse,
    private readonly audit: AuditLog,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    startAtZero(metrics.refreshes, 'verdict', [...grantingVerdicts, ...Object.keys(refusals)]);
  }

  /** Throws an ApiError for every refusal. What a refusal revokes has been committed by then. */
  async refresh(request: RefreshRequest): Promise<Refreshed> {
    const token = decodeRefreshToken(request.refreshToken, this.keyRing);
    if (!token) {
      this.metrics.refreshes.inc({ verdict: 'invalid' });
      throw new ApiError('refresh_invalid', 'malformed, unknown key id or wrong tag');
    }
    // In the common case, `rotate`, the condition of this statement is the whole judgement.
    const refreshed = (await this.tryRotate(token, request)) ?? (await this.settle(token, request));
    this.metrics.refreshes.inc({ verdict: refreshed.verdict });
    return refreshed;
  }

  /** Reads the row, judges and acts. Again if another request changed the row meanwhile, up to `maxAttempts` times. */
  private async settle(token: RefreshToken, request: RefreshRequest): Promise<Refreshed> {
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const settled = await this.judgeAndAct(token, request);
      if (settled) return settled;
    }
    throw new ApiError('overloaded', 'lost the race for a session row three times', { retryAfterSeconds: 1 });
  }

  /** Returns undefined if another request changed the row after it was read: judge again. */
  private async judgeAndAct(token: RefreshToken, request: RefreshRequest): Promise<Refreshed | undefined> {
    this.refuseIfLate(request);
    const row = await this.rows.read(token);
    this.refuseIfLate(request);
    const verdict = judge(row, token, request.clientId, this.config.sessions, this.keyRing);
    switch (verdict) {
      case 'rotate':
        return this.tryRotate(token, request);
      case 'hold':
        return { verdict, refreshToken: request.refreshToken as string, session: row! };
      case 'replay': {
        const secret = nextSecret(token, row!.rotationNonce!, this.keyRing.find(row!.keyId!)!);
        return { verdict, refreshToken: this.encodeChild(token, secret), session: row! };
      }
      case 'recover':
        return this.tryRecover(token, request, row!.tokenHash);
      default:
        return this.refuse(verdict, token, request);
    }
  }

  private async tryRotate(token: RefreshToken, request: RefreshRequest): Promise<Refreshed | undefined> {
    const { step, secret } = this.deriveChild(token);
    const session = await this.unlessDisconnected(request, () => this.rows.rotate(token, request.clientId, step));
    return session && { verdict: 'rotate', refreshToken: this.encodeChild(token, secret), session };
  }

  private async tryRecover(
    token: RefreshToken,
    request: RefreshRequest,
    displacedHash: Uint8Array,
  ): Promise<Refreshed | undefined> {
    const { step, secret } = this.deriveChild(token);
    const audited = this.audit.within(this.eventOf('session.recovered', token, request));
    const session = await this.unlessDisconnected(request, () =>
      this.rows.recover(token, request.clientId, { ...step, displacedHash }, audited),
    );
    if (!session) return undefined;
    audited.done();
    return { verdict: 'recover', refreshToken: this.encodeChild(token, secret), session };
  }

  /** If the connection breaks, the statement may or may not have been committed. The next judgement finds out. */
  private async unlessDisconnected<T>(request: RefreshRequest, statement: () => Promise<T>): Promise<T | undefined> {
    this.refuseIfLate(request);
    try {
      return await statement();
    } catch (error) {
      if (isDatabaseUnavailable(error)) return undefined;
      throw error;
    }
  }

  private async refuse(verdict: RefusingVerdict, token: RefreshToken, request: RefreshRequest): Promise<never> {
    if (verdict === 'reuse') {
      // Commit before answering: nothing below can undo the revocation.
      await this.reuse.endSession(token, request.ip);
    }
    this.metrics.refreshes.inc({ verdict });
    if (verdict === 'ahead') this.audit.record(this.eventOf('session.ahead', token, request));
    throw new ApiError(refusals[verdict], `session ${token.sessionId}: ${verdict}`, {
      retryAfterSeconds: verdict === 'unavailable' ? 30 : undefined,
    });
  }

  /**
   * Throws `overloaded` if the request has waited in the service for more than a quarter of the grace time. The promise to
   * an honest client allows half of it between sending a token and reading the response (docs/refresh-tokens.md), so the
   * other quarter is left for the network.
   *
   * It matters most between reading the row and acting on the verdict: a late `reuse` would sign out a client that has long
   * moved on, and a late `replay` would give out a child that is about to be used. A late rotation or recovery is harmless,
   * because its statement repeats the condition; the check before it only saves work.
   */
  private refuseIfLate({ arrivedAtMs }: RefreshRequest): void {
    const { graceSeconds } = this.config.sessions;
    if (graceSeconds > 0 && performance.now() - arrivedAtMs > (graceSeconds * 1000) / 4) {
      throw new ApiError('overloaded', 'the refresh waited too long in the service', { retryAfterSeconds: 1 });
    }
  }

  private deriveChild(token: RefreshToken): { step: RotationStep; secret: Buffer } {
    const keys: DerivedKeys = this.keyRing.current;
    const nonce = drawBytes(nonceBytes);
    const secret = nextSecret(token, nonce, keys);
    return { step: { presentedHash: hashOf(token.secret), childHash: hashOf(secret), nonce, keyId: keys.id }, secret };
  }

  private encodeChild({ userId, sessionId, generation }: RefreshToken, secret: Buffer): string {
    return encodeRefreshToken({ userId, sessionId, generation: generation + 1, secret }, this.keyRing.current);
  }

  /** Has no actor, because owner and thief look alike. */
  private eventOf(
    event: 'session.recovered' | 'session.ahead',
    { userId, sessionId }: RefreshToken,
    { ip }: RefreshRequest,
  ): AuditEvent {
    return { event, subjectUserId: userId, sessionId, ip };
  }
}
