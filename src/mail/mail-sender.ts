import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DeliveryResult } from '../database/outbox/delivery.js';
import { DeliveryFailed } from '../database/outbox/delivery.js';
import type { OutboxState } from '../database/outbox/outbox-table.js';
import { OutboxWorker } from '../database/outbox/outbox-worker.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { Metrics, startAtZero } from '../metrics/metrics.js';
import type { LeasedEmail, QueuedEmail } from './mail-outbox.js';
import { MailOutbox } from './mail-outbox.js';
import type { MailTransport, Message } from './mail-transport.js';
import { maxSilenceMs } from './mail-transport.js';

/** Injection token of the MailTransport; null if no email can be sent. */
export const MAIL_TRANSPORT = Symbol('MailTransport');

/** Composes a queued email at the moment it is sent. Resolves with undefined if it is no longer needed. */
export type ComposeEmail = (email: QueuedEmail) => Promise<Message | undefined>;

const maxConcurrent = 5;
/** Longer than any attempt that ends by itself. */
const attemptTimeoutMs = 2 * maxSilenceMs;

/** Sends queued emails. Two attempts at one email have the same Message-ID. */
@Injectable()
export class MailSender {
  private readonly logger = new Logger('Mail');
  private readonly worker: OutboxWorker<LeasedEmail> | undefined;
  private compose: ComposeEmail | undefined;

  constructor(
    { table }: MailOutbox,
    private readonly metrics: Metrics,
    @Inject(MAIL_TRANSPORT) transport: MailTransport | null,
    jobs: PeriodicJobs,
  ) {
    startAtZero(metrics.mails, 'result', ['sent', 'retried', 'failed', 'unneeded'] satisfies DeliveryResult[]);
    this.worker =
      transport === null
        ? undefined
        : new OutboxWorker(jobs, {
            name: 'the sending of emails',
            logger: this.logger,
            table,
            maxConcurrent,
            attemptTimeoutMs,
            deliver: (email, signal) => this.deliver(email, transport, signal),
            onResult: (result, email, details) => this.onResult(result, email, details),
          });
  }

  /** Registers the composer. To be called before the application has started. */
  composeWith(compose: ComposeEmail): void {
    this.compose = compose;
  }

  /** The emails that wait, as last read; for metrics. */
  get state(): OutboxState {
    return this.worker?.state ?? { waiting: 0, due: 0, oldestSeconds: 0 };
  }

  /** Sends everything that is due by now, unless another instance does. Never rejects. */
  async sendDue(): Promise<void> {
    await this.worker?.deliverNow();
  }

  /** Sends only in `sendDue` from now on, for tests. */
  pause(): void {
    this.worker?.pause();
  }

  private async deliver(email: LeasedEmail, transport: MailTransport, signal: AbortSignal): Promise<boolean> {
    if (!this.compose) throw new Error('No composer is registered');
    const message = email.repeated ? undefined : await this.compose(email);
    if (!message) return false;
    try {
      await transport.deliver(message, signal);
    } catch (error) {
      if (error instanceof DeliveryFailed) throw error;
      throw new DeliveryFailed(String((error as NodeJS.ErrnoException).code));
    }
    return true;
  }

  private onResult(
    result: DeliveryResult,
    { id, template, attempts }: LeasedEmail,
    { reason, retrySeconds }: { reason?: string; retrySeconds?: number },
  ): void {
    this.metrics.mails.inc({ result });
    const email = { email: id, template, attempts, reason };
    if (result === 'sent') this.logger.log({ msg: 'An email was sent', ...email });
    if (result === 'failed') this.logger.error({ msg: 'An email could not be sent, and is given up', ...email });
    if (result === 'retried') {
      this.logger.warn({ msg: `An email could not be sent, and is tried again in ${retrySeconds} s`, ...email });
    }
  }
}
