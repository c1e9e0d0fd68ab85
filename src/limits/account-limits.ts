import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Limiters } from './limiters.js';
import type { CountedQuota } from './quota.js';
import { countUse, quotaExceeded } from './quota.js';

/**
 * Limits how often one user may do something that writes rows which stay, such as audit events. Each instance counts in
 * memory, so counting costs no query.
 */
@Injectable()
export class AccountLimits {
  private readonly changes: CountedQuota | undefined;

  constructor(
    private readonly limiters: Limiters,
    @Inject(CONFIG) { limits: { accountChanges: quota } }: Config,
  ) {
    const name = 'account-changes';
    this.changes = quota && { name, quota, limiter: limiters.perInstance(name, quota) };
  }

  /** Throws `rate_limited` if the quota is used up. */
  async countChange(userId: string): Promise<void> {
    if (!this.changes) return;
    const use = await countUse(this.changes, this.limiters.keyFor(`user ${userId}`));
    if (use.refused) throw quotaExceeded(use);
  }
}
