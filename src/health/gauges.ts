import { Injectable } from '@nestjs/common';
import { Notifications } from '../database/notifications.js';
import { PrismaService } from '../database/prisma.service.js';
import { judgeKeys } from '../keys/key-schedule.js';
import { SigningKeys } from '../keys/signing-keys.js';
import { MailSender } from '../mail/mail-sender.js';
import { Metrics } from '../metrics/metrics.js';
import { PasswordHasher } from '../passwords/password-hasher.js';

/** Sets the gauges when metrics are scraped. Reads memory only, so it works without a database. */
@Injectable()
export class Gauges {
  constructor(
    private readonly metrics: Metrics,
    private readonly db: PrismaService,
    private readonly notifications: Notifications,
    private readonly keys: SigningKeys,
    private readonly passwords: PasswordHasher,
    private readonly mailSender: MailSender,
  ) {}

  read(): void {
    this.readPasswordQueue();
    this.readRevocationFeed();
    this.readSigningKeys();
    this.readEmails();
    this.readPool();
  }

  private readPasswordQueue(): void {
    const { running, waiting } = this.passwords.queue;
    this.metrics.passwordQueueRunning.set(running);
    this.metrics.passwordQueueWaiting.set(waiting);
  }

  private readRevocationFeed(): void {
    this.metrics.feedUp.set(this.notifications.healthy ? 1 : 0);
    this.metrics.feedLagSeconds.set(this.notifications.silentForMs / 1000);
  }

  private readSigningKeys(): void {
    const { rows, now } = this.keys.snapshot();
    const { current, next, retired, gone, revoked } = judgeKeys(rows, now);
    const usable = current !== undefined && this.keys.faultOfCurrent() === undefined;
    this.metrics.signingKeyUsable.set(usable ? 1 : 0);
    this.metrics.signingKeyAgeSeconds.set(current ? (now.getTime() - current.signsFrom.getTime()) / 1000 : 0);
    const counts = { current: current ? 1 : 0, next: next.length, retired: retired.length, gone: gone.length };
    for (const [state, count] of Object.entries({ ...counts, revoked: revoked.length })) {
      this.metrics.signingKeys.set({ state }, count);
    }
  }

  private readEmails(): void {
    const { waiting, oldestSeconds } = this.mailSender.state;
    this.metrics.mailsWaiting.set(waiting);
    this.metrics.mailOldestSeconds.set(oldestSeconds);
  }

  private readPool(): void {
    const { totalCount, idleCount, waitingCount, options } = this.db.pool;
    this.metrics.poolConnections.set({ state: 'idle' }, idleCount);
    this.metrics.poolConnections.set({ state: 'busy' }, totalCount - idleCount);
    this.metrics.poolWaiting.set(waitingCount);
    this.metrics.poolSize.set(options.max);
  }
}
