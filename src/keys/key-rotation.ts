import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { OperatorError } from '../common/operator-error.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Notifications } from '../database/notifications.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import type { KeyPlanner } from './key-plan.js';
import { describeStep, planStart, planUpkeep } from './key-plan.js';
import { keyPolicy } from './key-schedule.js';
import { keysChannel, SigningKeyStore } from './signing-key-store.js';
import { SigningKeys } from './signing-keys.js';

const tickMs = 1000;
const resealEveryMs = 60 * 60 * 1000;

/**
 * Runs the life cycle of the keys (docs/keys.md): creates the next one in time, and follows the changes of other instances
 * and the operator. It learns of them by a notification, and by reading at intervals.
 */
@Injectable()
export class KeyRotation implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Keys');
  private readonly policy;
  private readonly job;
  private checkedAtMs = -Infinity;
  private resealedAtMs = -Infinity;

  constructor(
    private readonly keys: SigningKeys,
    private readonly store: SigningKeyStore,
    private readonly notifications: Notifications,
    @Inject(CONFIG) config: Config,
    jobs: PeriodicJobs,
  ) {
    this.policy = keyPolicy(config);
    const { logger } = this;
    const name = 'the rotation of keys';
    this.job = jobs.add({ name, logger, everyMs: tickMs, isDue: () => this.isDue(), run: () => this.checkOnce() });
  }

  /** Throws an OperatorError if the current key was sealed under an AUTH_SECRET that this instance does not have. */
  async onModuleInit(): Promise<void> {
    await this.keys.reload();
    this.refuseUnusable();
    await this.settle(planStart(this.policy));
    await this.notifications.subscribe({
      channel: keysChannel,
      catchUp: () => this.keys.reload(),
      // Reads only: instances that planned on each other's notifications would never come to rest.
      receive: () => void this.job.attempt(() => this.keys.reload()),
    });
    this.refuseUnusable();
    await this.checkOnce();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.job.stop();
    await Promise.allSettled([this.job.idle(), this.keys.idle()]);
  }

  /** Reads the keys and does what has become due. One instance does it, and all of them follow. */
  check(): Promise<void> {
    return this.job.runNow();
  }

  private async checkOnce(): Promise<void> {
    this.checkedAtMs = performance.now();
    await this.keys.reload();
    // An instance that cannot use the current key has wrong settings: the others could not use the keys that it creates.
    if (this.keys.faultOfCurrent()) return;
    if (performance.now() - this.resealedAtMs >= resealEveryMs) await this.reseal();
    await this.settle(planUpkeep(this.policy));
  }

  private async settle(planner: KeyPlanner): Promise<void> {
    const { rows, now } = this.keys.snapshot();
    if (planner(rows, now).length === 0) return;
    for (const step of await this.store.settle(planner)) this.logger.log(describeStep(step));
    await this.keys.reload();
  }

  /** Repeated at intervals, because an instance with the old settings may have sealed a key after this one started. */
  private async reseal(): Promise<void> {
    const kids = await this.store.reseal();
    this.resealedAtMs = performance.now();
    for (const kid of kids) this.logger.log(`Signing key ${kid} is now sealed under the first value of AUTH_SECRET.`);
  }

  private refuseUnusable(): void {
    const fault = this.keys.faultOfCurrent();
    if (!fault) return;
    throw new OperatorError(
      fault === 'damaged'
        ? 'The current signing key in the database is damaged. Restore that table, or revoke the key: npm run keys -- list.'
        : 'The signing keys in the database were sealed under another AUTH_SECRET. Start with that value too, after the new one: AUTH_SECRET=new,old.',
    );
  }

  private isDue(): boolean {
    const everyMs = this.notifications.healthy ? this.policy.reloadSeconds * 1000 : tickMs;
    return performance.now() - this.checkedAtMs + tickMs / 2 >= everyMs;
  }
}
