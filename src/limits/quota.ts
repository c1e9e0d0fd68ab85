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

/** draft-ietf-httpapi-ratelimit-headers-10 sections 3 and 4: the policy, what remains of it, and when it resets. */
export function quotaHeaders({ name, quota, remaining, resetSeconds }: QuotaUse): Record<string, string> {
  return {
    'RateLimit-Policy': `"${name}";q=${quota.count};w=${quota.windowSeconds}`,
    RateLimit: `"${name}";r=${remaining};t=${resetSeconds}`,
  };
}
