import { setTimeout as sleep } from 'node:timers/promises';
import { AccessError } from '../access-error.js';
import type { VerifiedToken } from '../verification/verified-token.js';
import type { FeedHandlers } from './feed-stream.js';
import type { Revocation } from './revoked-tokens.js';
import { RevokedTokens } from './revoked-tokens.js';

/** How long a request waits for the first state. */
const firstStateTimeoutMs = 5000;

export interface StalenessPolicy {
  onStale: 'continue' | 'refuse';
  staleAfterMs: number;
}

/** What the feed has said, and how old that is. A check costs no request. */
export class RevocationState implements Pick<FeedHandlers, 'heard' | 'revoked' | 'replaced' | 'current'> {
  private readonly listeners = new Set<() => void>();
  private announceFirst: () => void = () => undefined;
  private readonly first = new Promise<void>((resolve) => (this.announceFirst = resolve));
  private tokens: RevokedTokens | undefined;
  private heardAtMs: number;

  constructor(
    private readonly policy: StalenessPolicy,
    private readonly nowMs: () => number = () => performance.now(),
    private readonly clockMs: () => number = Date.now,
  ) {
    this.heardAtMs = nowMs();
  }

  /** Whether everything from before was received, at least once. */
  get isKnown(): boolean {
    return this.tokens !== undefined;
  }

  get isStale(): boolean {
    return this.nowMs() - this.heardAtMs >= this.policy.staleAfterMs;
  }

  /** Calls `listener` after each revocation. */
  onRevoked(listener: () => void): void {
    this.listeners.add(listener);
  }

  /**
   * Throws `token_revoked`; or `temporarily_unavailable` if it cannot be told, that is before the first state, or when the
   * state is stale and `onStale` is `refuse`. Returns a promise only before the first state, which it waits for.
   */
  check(token: VerifiedToken): void | Promise<void> {
    if (!this.tokens) return this.waitForFirst().then(() => this.check(token));
    if (this.tokens.has(token)) throw new AccessError('token_revoked');
    if (this.policy.onStale === 'refuse' && this.isStale) {
      throw new AccessError('temporarily_unavailable', 'the revocation feed is stale');
    }
  }

  /** Whether the feed has said so, up to date or not. */
  isRevoked(token: VerifiedToken): boolean {
    return this.tokens?.has(token) ?? false;
  }

  heard(): void {
    this.heardAtMs = this.nowMs();
  }

  revoked(revocation: Revocation): void {
    this.tokens?.add(revocation);
    this.notify();
  }

  replaced(revocations: readonly Revocation[], keepMs: number): void {
    const tokens = new RevokedTokens(keepMs, this.nowMs, this.clockMs);
    for (const revocation of revocations) tokens.add(revocation);
    this.tokens = tokens;
    this.announceFirst();
    this.notify();
  }

  current(): void {
    this.heard();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }

  private async waitForFirst(): Promise<void> {
    const cancel = new AbortController();
    const timeout = sleep(firstStateTimeoutMs, true, { signal: cancel.signal }).catch(() => false);
    const timedOut = await Promise.race([this.first.then(() => false), timeout]);
    cancel.abort();
    if (timedOut) throw new AccessError('temporarily_unavailable', 'the revocation feed was not read yet');
  }
}
