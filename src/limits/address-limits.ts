import { Inject, Injectable } from '@nestjs/common';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { AuditLog } from '../audit/audit-log.js';
import { addressBlock } from '../common/address-block.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Limiters } from './limiters.js';
import type { Quota, QuotaUse } from './quota.js';

/** What is limited by address; docs/abuse.md lists the limits. */
export type LimitName = 'register' | 'forgot' | 'resend' | 'refresh';

interface AddressLimit {
  name: LimitName;
  quota: Quota;
  limiter: RateLimiterAbstract;
}

/** Limits how often one address may make requests that are expensive or reveal something. */
@Injectable()
export class AddressLimits {
  private readonly limits = new Map<LimitName, AddressLimit>();

  constructor(
    private readonly limiters: Limiters,
    private readonly audit: AuditLog,
    @Inject(CONFIG) { limits }: Config,
  ) {
    for (const name of ['register', 'forgot', 'resend'] as const) {
      const quota = limits[name];
      if (quota) this.limits.set(name, { name, quota, limiter: limiters.shared(name, quota) });
    }
    // Counted in memory, because a refresh must stay a single statement.
    const { refresh: quota } = limits;
    if (quota) this.limits.set('refresh', { name: 'refresh', quota, limiter: limiters.perInstance('refresh', quota) });
  }

  /** Counts one request. Returns undefined if there is no such limit. `refused` is true once the quota is used up. */
  async use(name: LimitName, ip: string): Promise<(QuotaUse & { refused: boolean }) | undefined> {
    const limit = this.limits.get(name);
    if (!limit) return undefined;
    const key = this.limiters.keyFor(`address ${addressBlock(ip)}`);
    const { refused, res } = await consume(limit.limiter, key);
    // Recorded once per window.
    if (res.consumedPoints === limit.quota.count + 1) {
      this.audit.record({ event: 'address.limited', ip, details: { limit: name } });
    }
    const { quota } = limit;
    const resetSeconds = Math.max(1, Math.ceil(res.msBeforeNext / 1000));
    return { name, quota, remaining: refused ? 0 : res.remainingPoints, resetSeconds, refused };
  }
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
