import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** In seconds: from a request without a query, over a password hash, to one that times out. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Every metric of this instance. docs/operations.md explains each. Label values come from closed lists and route patterns,
 * never from what a caller sends.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  /** `route` is the pattern, such as `/notes/:id`, or `(none)` if no route matches. */
  readonly httpRequestSeconds = this.histogram(
    'pawl_http_request_duration_seconds',
    'Requests and how long they took, by method, route pattern and status',
    ['method', 'route', 'status'],
  );
  /** `result` is `success`, or the code of the refusal. */
  readonly signIns = this.counter('pawl_sign_ins_total', 'Sign-ins, by result', ['result']);
  /** `way` is what was presented: `password`, `passkey`, `email`, `provider`, or the `second_factor` that completes one. */
  readonly signInsByWay = this.counter('pawl_sign_ins_by_way_total', 'Sign-ins, by way in and result', [
    'way',
    'result',
  ]);
  /** `purpose` is `sign_in` or `step_up`, `factor` is `totp`, `passkey` or `recovery_code`. */
  readonly secondFactorResponses = this.counter(
    'pawl_second_factor_responses_total',
    'Responses with a second factor, by purpose, factor and result',
    ['purpose', 'factor', 'result'],
  );
  /** `change` is `added` or `removed`. */
  readonly factorChanges = this.counter(
    'pawl_factor_changes_total',
    'Second factors that users have added and removed, by change and factor',
    ['change', 'factor'],
  );
  /** `result` is `success`, or the code of the refusal. */
  readonly providerSignIns = this.counter(
    'pawl_provider_sign_ins_total',
    'Sign-ins with another provider, by provider and result',
    ['provider', 'result'],
  );
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
    'How long a password waited until its hashing started',
  );
  readonly passwordQueueWaiting = this.gauge('pawl_password_queue_waiting', 'Passwords waiting to be hashed');
  readonly passwordQueueRunning = this.gauge('pawl_password_queue_running', 'Passwords being hashed');
  readonly feedUp = this.gauge('pawl_revocation_feed_up', '1 while this instance receives every revocation, else 0');
  readonly feedLagSeconds = this.gauge(
    'pawl_revocation_feed_lag_seconds',
    'Seconds since this instance last verified that it receives the revocations of other instances',
  );
  readonly revocationStreams = this.gauge(
    'pawl_revocation_streams',
    'Open streams of revocations to other services, at this instance',
  );
  /** `reason` is `closed` (by the follower or the network), or why this instance ended it. */
  readonly revocationStreamsEnded = this.counter(
    'pawl_revocation_streams_ended_total',
    'Streams of revocations that ended, by reason',
    ['reason'],
  );
  readonly signingKeyUsable = this.gauge(
    'pawl_signing_key_usable',
    '1 while this instance can sign with the current key, else 0',
  );
  readonly signingKeyAgeSeconds = this.gauge(
    'pawl_signing_key_age_seconds',
    'Seconds since the current key started to sign',
  );
  readonly signingKeys = this.gauge('pawl_signing_keys', 'Signing keys, by state', ['state']);
  /** `result` is `sent`, `retried`, `failed` (given up) or `unneeded` (there was no longer a recipient). */
  readonly mails = this.counter('pawl_mails_total', 'Attempts to send an email, by result', ['result']);
  readonly mailsWaiting = this.gauge('pawl_mail_outbox_waiting', 'Emails waiting to be sent, on all instances');
  readonly mailOldestSeconds = this.gauge(
    'pawl_mail_outbox_oldest_seconds',
    'Seconds that the oldest of them has been waiting, or 0 if there is none',
  );
  readonly poolConnections = this.gauge('pawl_database_pool_connections', 'Connections in the pool, by state', [
    'state',
  ]);
  readonly poolWaiting = this.gauge('pawl_database_pool_waiting', 'Statements waiting for a connection');
  readonly poolSize = this.gauge('pawl_database_pool_size', 'Maximum number of connections in the pool');

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

/** Exports each label value from the start. A series that appears with its first event has no increase for an alert to see. */
export function startAtZero<Label extends string>(
  counter: Counter<Label>,
  label: NoInfer<Label>,
  values: readonly string[],
): void {
  for (const value of values) counter.inc({ [label]: value } as Record<Label, string>, 0);
}
