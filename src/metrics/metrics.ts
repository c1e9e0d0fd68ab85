import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a request that asks nobody, over a password's hash, to one that gives up waiting; in seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Every metric of this instance, by what it tells; docs/operations.md explains each. Labels take their values from
 * closed lists and the routes' templates, never from what a caller sends.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  /** `route` is the template, such as `/notes/:id`; `(none)` for what matches no route. */
  readonly httpRequestSeconds = this.histogram(
    'pawl_http_request_duration_seconds',
    'Requests answered and the time that took, by method, route template and status',
    ['method', 'route', 'status'],
  );
  /** `result` is `success`, or the code of the refusal. */
  readonly signIns = this.counter('pawl_sign_ins_total', 'Sign-ins with a password, by result', ['result']);
  readonly refreshes = this.counter('pawl_refreshes_total', 'Refresh tokens presented, by verdict', ['verdict']);
  readonly auditEvents = this.counter('pawl_audit_events_total', 'Events recorded in the audit trail, by name', [
    'event',
  ]);
  readonly passwordQueueRefusals = this.counter(
    'pawl_password_queue_refused_total',
    'Password hashes that were refused because the queue was full',
  );
  readonly passwordQueueSeconds = this.histogram(
    'pawl_password_queue_wait_seconds',
    'How long a password waited for its hash to begin',
  );
  readonly passwordQueueWaiting = this.gauge('pawl_password_queue_waiting', 'Passwords that wait to be hashed');
  readonly passwordQueueRunning = this.gauge('pawl_password_queue_running', 'Passwords being hashed');
  readonly feedUp = this.gauge('pawl_revocation_feed_up', '1 while this instance hears of every revocation, else 0');
  readonly feedLagSeconds = this.gauge(
    'pawl_revocation_feed_lag_seconds',
    'How long ago it was last proven that what other instances commit is heard here',
  );
  readonly signingKeyUsable = this.gauge(
    'pawl_signing_key_usable',
    '1 while this instance can sign with the key that signs now, else 0',
  );
  readonly signingKeyAgeSeconds = this.gauge(
    'pawl_signing_key_age_seconds',
    'How long the current key has been signing',
  );
  readonly signingKeys = this.gauge('pawl_signing_keys', 'Signing keys, by what they are now', ['state']);
  /** `result` is `sent`, `retried`, `failed` (given up) or `unneeded` (nobody was to be written to). */
  readonly mails = this.counter('pawl_mails_total', 'Attempts to send a mail, by result', ['result']);
  readonly mailsWaiting = this.gauge('pawl_mail_outbox_waiting', 'Mails that wait to be sent, on all instances');
  readonly mailOldestSeconds = this.gauge(
    'pawl_mail_outbox_oldest_seconds',
    'How long the oldest of them has been waiting; 0 when there is none',
  );
  readonly poolConnections = this.gauge('pawl_database_pool_connections', 'Connections of the pool, by state', [
    'state',
  ]);
  readonly poolWaiting = this.gauge('pawl_database_pool_waiting', 'Statements that wait for a connection');
  readonly poolSize = this.gauge('pawl_database_pool_size', 'Most connections that the pool may have');

  private counter<Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<Label extends string>(name: string, help: string, labelNames: Label[] = []): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}

/** Shows each value from the start on: what appears with its first event has no increase that an alert could see. */
export function startAtZero<Label extends string>(
  counter: Counter<Label>,
  label: NoInfer<Label>,
  values: readonly string[],
): void {
  for (const value of values) counter.inc({ [label]: value } as Record<Label, string>, 0);
}
