import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { addressBlock } from '../common/address-block.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Limiters } from './limiters.js';
import type { CountedQuota, CountedUse } from './quota.js';
import { countUse } from './quota.js';

/** What is limited by address; docs/abuse.md lists the limits. */
export type LimitName =
  'register' | 'forgot' | 'resend' | 'link' | 'passkeys' | 'refresh' | 'providers' | 'client-failures';

/** Limits how often one address may make requests that are expensive or reveal something. */
@Injectable()
export class AddressLimits {
  private readonly limits = new Map<LimitName, CountedQuota>();

  constructor(
    private readonly limiters: Limiters,
    private readonly audit: AuditLog,
    @Inject(CONFIG) { limits }: Config,
  ) {
    for (const name of ['register', 'forgot', 'resend', 'link'] as const) {
      const quota = limits[name];
      if (quota) this.limits.set(name, { name, quota, limiter: limiters.shared(name, quota) });
    }
    const { clientFailures } = limits;
    if (clientFailures) {
      const limiter = limiters.shared('client-failures', clientFailures);
      this.limits.set('client-failures', { name: 'client-failures', quota: clientFailures, limiter });
    }
    // Counted in memory: a refresh must stay a single statement, and pages ask for a passkey whenever they are opened.
    for (const name of ['refresh', 'passkeys', 'providers'] as const) {
      const quota = limits[name];
      if (quota) this.limits.set(name, { name, quota, limiter: limiters.perInstance(name, quota) });
    }
  }

  /** Counts one request. Returns undefined if there is no such limit. `refused` is true once the quota is used up. */
  async use(name: LimitName, ip: string): Promise<CountedUse | undefined> {
    const limit = this.limits.get(name);
    if (!limit) return undefined;
    const key = this.limiters.keyFor(`address ${addressBlock(ip)}`);
    const use = await countUse(limit, key);
    // Recorded once per window.
    if (use.used === limit.quota.count + 1) {
      this.audit.record({ event: 'address.limited', ip, details: { limit: name } });
    }
    return use;
  }
}
