/** So many in a window of so many seconds. */
export interface Quota {
  count: number;
  windowSeconds: number;
}

/** What is left of a quota. */
export interface QuotaUse {
  /** The limit's name, as clients see it. */
  name: string;
  quota: Quota;
  remaining: number;
  resetSeconds: number;
}

/** draft-ietf-httpapi-ratelimit-headers-10 sections 3 and 4: the policy, and what is left of it until when. */
export function quotaHeaders({ name, quota, remaining, resetSeconds }: QuotaUse): Record<string, string> {
  return {
    'RateLimit-Policy': `"${name}";q=${quota.count};w=${quota.windowSeconds}`,
    RateLimit: `"${name}";r=${remaining};t=${resetSeconds}`,
  };
}
