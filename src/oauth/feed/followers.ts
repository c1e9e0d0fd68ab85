import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { ApiError } from '../../common/errors.js';
import type { Config } from '../../config/config.js';
import { CONFIG } from '../../config/config.module.js';
import { Metrics, startAtZero } from '../../metrics/metrics.js';
import { RevocationLog } from '../../sessions/revocation-log.js';
import type { RevocationRow } from '../../sessions/revocation-message.js';
import { startOf } from './feed-page.js';
import type { FeedToken } from './feed-token.js';
import { isRevokedBy } from './feed-token.js';
import { Follower } from './follower.js';

const tickMs = 1000;
/** A follower hears something at least every five seconds. */
const commentAfterMs = 4000;
/** A follower that takes nothing for this long is cut. It resumes where it was. */
const blockedMs = 10_000;
/** How long this instance may be without news from the database before its followers look for another one. */
const staleMs = 3000;
const retryAfterSeconds = 2;

/** Why a stream ended. */
const endings = ['closed', 'slow', 'expired', 'revoked', 'stale', 'restarted', 'draining'] as const;
type Ending = (typeof endings)[number];

/** The open streams of this instance. All of them read one log in memory: a follower costs no query. */
@Injectable()
export class Followers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly open = new Set<Follower>();
  private readonly perClient = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private draining = false;
  private upToDateAtMs = performance.now();

  constructor(
    private readonly log: RevocationLog,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    startAtZero(metrics.revocationStreamsEnded, 'reason', endings);
    log.listen({
      heard: (rows) => this.onHeard(rows),
      restarted: () => this.endAll('restarted'),
    });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.onTick(), tickMs).unref();
  }

  /** Other instances take over: followers reconnect, and the proxy sends them there. */
  beforeApplicationShutdown(): void {
    this.draining = true;
    clearInterval(this.timer);
    this.endAll('draining');
  }

  /** Throws `temporarily_unavailable` if this instance might not know everything that was revoked. */
  assertUpToDate(): void {
    if (!this.draining && this.log.isUpToDate) return;
    const detail = this.draining ? 'draining' : 'the revocation feed is down';
    throw new ApiError('temporarily_unavailable', detail, { retryAfterSeconds });
  }

  /** Opens a stream. Throws `rate_limited` or `overloaded` if there are too many, of the client or on this instance. */
  follow(token: FeedToken, cursor: string | undefined): Follower {
    const { streams, streamsPerClient } = this.config.revocationFeed;
    if (this.open.size >= streams) {
      throw new ApiError('overloaded', 'too many streams of revocations', { retryAfterSeconds });
    }
    const ofClient = this.perClient.get(token.clientId) ?? 0;
    if (ofClient >= streamsPerClient) {
      throw new ApiError('rate_limited', `too many streams of client ${token.clientId}`, { retryAfterSeconds });
    }
    const follower = new Follower(token, this.log, startOf(this.log, cursor));
    this.open.add(follower);
    this.perClient.set(token.clientId, ofClient + 1);
    this.metrics.revocationStreams.set(this.open.size);
    follower.once('close', () => this.forget(follower, 'closed'));
    return follower;
  }

  private onHeard(rows: readonly RevocationRow[]): void {
    for (const follower of this.open) {
      follower.sendNew();
      if (rows.some((row) => isRevokedBy(follower.token, row))) this.end(follower, 'revoked');
    }
  }

  private onTick(): void {
    const now = performance.now();
    if (this.log.isUpToDate) this.upToDateAtMs = now;
    // Followers must not take silence for safety: they get no comments, and soon look for an instance that hears everything.
    else if (now - this.upToDateAtMs >= staleMs) this.endAll('stale');
    const nowSeconds = this.clock.nowSeconds();
    for (const follower of this.open) {
      if (follower.token.expiresAtSeconds <= nowSeconds) this.end(follower, 'expired');
      else if (follower.isBlocked && now - follower.lastSentAtMs >= blockedMs) this.end(follower, 'slow');
      else if (this.log.isUpToDate && now - follower.lastSentAtMs >= commentAfterMs) follower.sendComment();
    }
  }

  private endAll(reason: Ending): void {
    for (const follower of this.open) this.end(follower, reason);
  }

  private end(follower: Follower, reason: Ending): void {
    this.forget(follower, reason);
    // What is blocked would never be read to its end.
    if (follower.isBlocked) follower.destroy();
    else follower.push(null);
  }

  private forget(follower: Follower, reason: Ending): void {
    if (!this.open.delete(follower)) return;
    const { clientId } = follower.token;
    const left = this.perClient.get(clientId)! - 1;
    if (left === 0) this.perClient.delete(clientId);
    else this.perClient.set(clientId, left);
    this.metrics.revocationStreams.set(this.open.size);
    this.metrics.revocationStreamsEnded.inc({ reason });
  }
}
