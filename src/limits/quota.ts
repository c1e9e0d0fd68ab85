import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../common/errors.js';

/** A number of requests per time window. */
export interface Quota {
  count: number;
  windowSeconds: number;
}

/** How much of a quota is used. */
export interface QuotaUse {
  /** The limit's name, as callers see it. */
  name: string;
  quota: Quota;
  remaining: number;
  resetSeconds: number;
}

/** A quota and its counters. */
export interface CountedQuota {
  /** The limit's name, as callers see it. */
  name: string;
  quota: Quota;
  limiter: RateLimiterAbstract;
}

/** The result of counting one request. */
export interface CountedUse extends QuotaUse {
  /** How many were counted within the window, including this one. */
  used: number;
  /** The quota was used up before. */
  refused: boolean;
}

/** Counts one request under `key`. */
export async function countUse({ name, quota, limiter }: CountedQuota, key: string): Promise<CountedUse> {
  const { refused, res } = await consume(limiter, key);
  const resetSeconds = Math.max(1, Math.ceil(res.msBeforeNext / 1000));
  return { name, quota, remaining: refused ? 0 : res.remainingPoints, resetSeconds, used: res.consumedPoints, refused };
}

/** RFC 6585 section 4. */
export function quotaExceeded(use: QuotaUse): ApiError {
  const { name, resetSeconds } = use;
  return new ApiError('rate_limited', `limit ${name}`, {
    retryAfterSeconds: resetSeconds,
    headers: quotaHeaders(use),
  });
}

/** The library rejects with the type that it also resolves with. */
async function consume(limiter: RateLimiterAbstract, key: string): Promise<{ refused: boolean; res: RateLimiterRes }> {
  try {
    return { refused: false, res: await limiter.consume(key) };
  } catch (res) {
    if (res instanceof RateLimiterRes) return { refused: true, res };
    throw res;
  }
}

/** draft-ietf-httpapi-ratelimit-headers-10 sections 3 and 4: the policy, what remains of it, and when it resets. */
export function quotaHeaders({ name, quota, remaining, resetSeconds }: QuotaUse): Record<string, string> {
  return {
    'RateLimit-Policy': `"${name}";q=${quota.count};w=${quota.windowSeconds}`,
    RateLimit: `"${name}";r=${remaining};t=${resetSeconds}`,
  };
}
