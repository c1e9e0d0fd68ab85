import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { PeriodicJobs } from '../database/periodic-job.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { Metrics, startAtZero } from '../metrics/metrics.js';
import type { LeasedEmail, OutboxState, QueuedEmail } from './mail-outbox.js';
import { leaseSeconds, MailOutbox } from './mail-outbox.js';
import type { MailTransport, Message } from './mail-transport.js';
import { MailRefused, silenceTimeoutMs } from './mail-transport.js';

/** Injection token of the MailTransport; null where no mail can be sent. */
export const MAIL_TRANSPORT = Symbol('MailTransport');

/**
 * Composes a queued email at the moment it is sent. Resolves with undefined if the email is no longer needed.
 */
export type ComposeEmail = (email: QueuedEmail) => Promise<Message | undefined>;

const cleanUpIntervalMs = 10 * 60_000;
const pollMs = 5000;
/**
 * After a mail was written down here. Not at once, and not always as late: what is done for an address that is somebody's
 * must not fall into the time of the request that named it, or of the next.
 */
const wakeAfterMs = { least: 200, most: 1200 };
const atOnce = 5;
const renewLeasesMs = (leaseSeconds / 3) * 1000;
/** More than what ends by itself. */
const attemptTimeoutMs = 2 * silenceTimeoutMs;
const stopPatienceMs = 5000;
const markAgainMs = 1000;
const firstDelaySeconds = 10;
const longestDelaySeconds = 60 * 60;
const giveUpAfterSeconds = 24 * 60 * 60;

/**
 * Sends what waits in the outbox. Of several instances one at a time does: whoever holds a lease. A mail is marked as sent
 * once the mail server has taken it; an instance that dies before leaves it to the others, when its lease has ended. So a
 * mail is never lost, and is sent twice only if an instance ends between the mail and that mark; both then have the same
 * Message-ID.
 */
@Injectable()
export class MailSender implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Mail');
  private readonly instanceId = randomUUID();
  private readonly stopping = new AbortController();
  private known: OutboxState = { waiting: 0, due: 0, oldestSeconds: 0 };
  private knownAtMs = performance.now();
  /** Being sent. */
  private readonly leased = new Set<string>();
  /** Sent, but the database did not hear of it. */
  private readonly unmarked = new Set<string>();
  private lastRun: Promise<void> = Promise.resolve();
  private running = 0;
  private stopped = false;
  private databaseAway = false;
  private compose: ComposeEmail = (email) =>
    Promise.reject(new Error(`No composer for the template ${email.template}`));
  private waking: Subscription | undefined;
  private pollTimer: NodeJS.Timeout | undefined;
  private wakeTimer: NodeJS.Timeout | undefined;
  private impatience: NodeJS.Timeout | undefined;

  constructor(
    private readonly outbox: MailOutbox,
    private readonly metrics: Metrics,
    @Inject(MAIL_TRANSPORT) private readonly transport: MailTransport | null,
    jobs: PeriodicJobs,
  ) {
    const name = 'the clean-up of sent emails';
    jobs.add({ name, everyMs: cleanUpIntervalMs, run: (signal) => outbox.deleteSent(signal) });
    startAtZero(metrics.mails, 'result', ['sent', 'retried', 'failed', 'unneeded']);
  }

  /** Registers what composes emails. To be called before the application has started. */
  composeWith(compose: ComposeEmail): void {
    this.compose = compose;
  }

  onApplicationBootstrap(): void {
    if (!this.transport) return;
    this.waking = this.outbox.added.subscribe(() => this.wake());
    this.pollTimer = setInterval(() => {
      if (this.running === 0) void this.run();
    }, pollMs).unref();
  }

  /** Begins nothing by itself any more; tests do that themselves. */
  rest(): void {
    this.waking?.unsubscribe();
    clearInterval(this.pollTimer);
    clearTimeout(this.wakeTimer);
  }

  /** Begins no further mail. Nobody waits here: requests are still being answered. */
  beforeApplicationShutdown(): void {
    this.stopped = true;
    this.rest();
    this.impatience = setTimeout(() => this.stopping.abort(), stopPatienceMs);
  }

  /** The database goes after all others (see Database). */
  async onApplicationShutdown(): Promise<void> {
    await this.lastRun;
    clearTimeout(this.impatience);
  }

  /** What waits, as it was last read; for metrics. */
  get state(): OutboxState {
    const { waiting, due, oldestSeconds } = this.known;
    const sinceSeconds = waiting > 0 ? (performance.now() - this.knownAtMs) / 1000 : 0;
    return { waiting, due, oldestSeconds: oldestSeconds + sinceSeconds };
  }

  /** Sends all that is due by now, unless another instance is at it. Never throws. */
  run(): Promise<void> {
    this.running++;
    this.lastRun = this.lastRun.then(() => this.runOnce());
    return this.lastRun;
  }

  private async runOnce(): Promise<void> {
    try {
      await this.sendDue();
      this.databaseAway = false;
    } catch (error) {
      this.tell(error);
    }
    this.running--;
  }

  private wake(): void {
    if (this.wakeTimer) return;
    this.wakeTimer = setTimeout(
      () => {
        this.wakeTimer = undefined;
        void this.run();
      },
      randomInt(wakeAfterMs.least, wakeAfterMs.most),
    ).unref();
  }

  private async sendDue(): Promise<void> {
    if ((await this.look()).due === 0) return;
    const sending = new Set<Promise<void>>();
    const renewing = setInterval(() => void this.renewLeases(), renewLeasesMs);
    try {
      for (;;) {
        const mail = sending.size < atOnce && !this.stopped ? await this.outbox.lease(this.instanceId) : undefined;
        if (mail) {
          const one = this.handle(mail).finally(() => sending.delete(one));
          sending.add(one);
        } else if (sending.size > 0) await Promise.race(sending);
        else break;
      }
    } finally {
      await Promise.all(sending);
      clearInterval(renewing);
    }
    await this.look();
  }

  /** A database that is away fails what is being sent too, and says so there. */
  private async renewLeases(): Promise<void> {
    await this.outbox.renew([...this.leased], this.instanceId).catch(() => undefined);
  }

  private async look(): Promise<OutboxState> {
    this.known = await this.outbox.state();
    this.knownAtMs = performance.now();
    return this.known;
  }

  /** Never throws: what fails here fails again when the lease has ended, and may succeed then. */
  private async handle(mail: LeasedEmail): Promise<void> {
    this.leased.add(mail.id);
    try {
      if (this.unmarked.has(mail.id)) await this.markSent(mail.id);
      else if (mail.attempts > 1 && mail.ageSeconds >= giveUpAfterSeconds) await this.giveUp(mail, 'too old');
      else await this.send(mail);
    } catch (error) {
      this.tell(error);
    }
    this.leased.delete(mail.id);
  }

  private async send(mail: LeasedEmail): Promise<void> {
    const message = mail.repeated ? undefined : await this.compose(mail);
    if (message) {
      await this.deliver(mail, message);
      return;
    }
    await this.outbox.remove(mail.id, this.instanceId);
    this.metrics.mails.inc({ result: 'unneeded' });
  }

  private async deliver(mail: LeasedEmail, message: Message): Promise<void> {
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(attemptTimeoutMs)]);
    try {
      await this.transport!.deliver(message, signal);
    } catch (error) {
      await this.failed(mail, error);
      return;
    }
    this.metrics.mails.inc({ result: 'sent' });
    await this.markSent(mail.id);
    this.logger.log({ msg: 'A mail is sent', mail: mail.id, template: mail.template, attempts: mail.attempts });
  }

  private async failed(mail: LeasedEmail, error: unknown): Promise<void> {
    const reason = error instanceof MailRefused ? error.reason : String((error as NodeJS.ErrnoException).code);
    if (error instanceof MailRefused && error.permanent) {
      await this.giveUp(mail, reason);
      return;
    }
    const { id, template, attempts } = mail;
    const delaySeconds = Math.min(firstDelaySeconds * 2 ** (attempts - 1), longestDelaySeconds);
    await this.outbox.postpone(id, this.instanceId, delaySeconds);
    this.metrics.mails.inc({ result: 'retried' });
    const line = { mail: id, template, attempts, reason };
    this.logger.warn({ msg: `A mail could not be sent, and is tried again in ${delaySeconds} s`, ...line });
  }

  private async giveUp({ id, template, attempts }: LeasedEmail, reason: string): Promise<void> {
    await this.outbox.remove(id, this.instanceId);
    this.metrics.mails.inc({ result: 'failed' });
    this.logger.error({ msg: 'A mail could not be sent, and is given up', mail: id, template, attempts, reason });
  }

  /** Insists for as long as the lease, renewed lately, keeps others from sending it too. */
  private async markSent(id: string): Promise<void> {
    this.unmarked.add(id);
    const deadlineMs = performance.now() + leaseSeconds * 1000 - renewLeasesMs;
    for (;;) {
      try {
        await this.outbox.markSent(id);
        this.unmarked.delete(id);
        return;
      } catch (error) {
        if (!isDatabaseUnavailable(error) || this.stopped || performance.now() > deadlineMs) throw error;
        await sleep(markAgainMs);
      }
    }
  }

  private tell(error: unknown): void {
    if (!isDatabaseUnavailable(error)) this.logger.error(error);
    else if (!this.databaseAway) this.logger.warn('The database is not available: mails wait until it is.');
    this.databaseAway = isDatabaseUnavailable(error);
  }
}
