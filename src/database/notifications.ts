import { randomUUID } from 'node:crypto';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import type pg from 'pg';
import { Clock } from '../common/clock.js';
import { sessionUrl } from './connection-url.js';
import { Database } from './database.js';
import { DatabaseClient } from './database-client.js';

/** A channel on which instances notify each other of their commits. */
export interface Subscription {
  /** The name of a PostgreSQL channel: letters and underscores. */
  channel: string;
  /** Called when LISTEN is in force, at the start and after each reconnection. Reads what may have been missed. */
  catchUp(): Promise<void>;
  receive(payload: string): void;
}

const heartbeatMs = 2000;
/** A connection that has not echoed a heartbeat for this long is half open, or its server hangs. */
const silenceMs = 5000;
const connectMs = 5000;
const retryMs = 500;
/** A difference between the clocks that the operator should know of. */
const wrongClockMs = 30_000;

/**
 * Listens on a dedicated connection that bypasses a pooler. A broken or half-open connection is replaced, and every
 * subscriber then reads what it missed.
 */
@Injectable()
export class Notifications implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Notifications');
  private readonly subscriptions: Subscription[] = [];
  private readonly heartbeatChannel = `pawl_heartbeat_${randomUUID().replaceAll('-', '')}`;
  private client: pg.Client | undefined;
  private connecting: Promise<void> | undefined;
  private caughtUp = false;
  private lastEchoAtMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private warnedOfClock = false;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Whether notifications of other instances reach this one right now. */
  get healthy(): boolean {
    return this.caughtUp && performance.now() - this.lastEchoAtMs < silenceMs;
  }

  /** Time since a notification last provably arrived: up to two seconds in normal operation. */
  get silentForMs(): number {
    return performance.now() - this.lastEchoAtMs;
  }

  /** Resolves when LISTEN is in force and the subscriber has caught up. */
  async subscribe(subscription: Subscription): Promise<void> {
    this.subscriptions.push(subscription);
    if (!this.client) return this.connectOnce();
    await this.client.query(`LISTEN ${subscription.channel}`);
    await subscription.catchUp();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.connecting?.catch(() => undefined);
    this.drop();
  }

  private connectOnce(): Promise<void> {
    this.connecting ??= this.connect().finally(() => (this.connecting = undefined));
    return this.connecting;
  }

  private async connect(): Promise<void> {
    const client = new DatabaseClient({
      connectionString: sessionUrl(this.database.directUrl),
      application_name: 'pawl listener',
      connectionTimeoutMillis: connectMs,
      query_timeout: silenceMs,
      keepAlive: true,
    });
    const lost = (error?: Error) => this.onLost(client, error?.message ?? 'it was closed');
    client.on('error', lost).on('end', () => lost());
    client.on('notification', ({ channel, payload = '' }) => this.onNotification(channel, payload));
    this.client = client;
    try {
      await client.connect();
      await this.sendHeartbeat(client);
      // LISTEN first, then read: a commit in between is notified, an earlier one is read.
      for (const { channel } of this.subscriptions) await client.query(`LISTEN ${channel}`);
      await client.query(`LISTEN ${this.heartbeatChannel}`);
      for (const subscription of this.subscriptions) await subscription.catchUp();
    } catch (error) {
      this.drop();
      throw error;
    }
    this.caughtUp = true;
    this.lastEchoAtMs = performance.now();
    this.scheduleHeartbeat();
  }

  private onNotification(channel: string, payload: string): void {
    if (channel === this.heartbeatChannel) {
      this.lastEchoAtMs = performance.now();
      return;
    }
    for (const subscription of this.subscriptions) if (subscription.channel === channel) subscription.receive(payload);
  }

  private scheduleHeartbeat(): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.beat(), heartbeatMs).unref();
  }

  private beat(): void {
    const { client } = this;
    if (!client) return;
    if (performance.now() - this.lastEchoAtMs >= silenceMs) {
      this.onLost(client, 'it stopped answering');
      return;
    }
    this.sendHeartbeat(client).catch((error: unknown) => this.onLost(client, String(error)));
    this.scheduleHeartbeat();
  }

  /** The echo shows that notifications arrive; the answer shows the time. */
  private async sendHeartbeat(client: pg.Client): Promise<void> {
    const askedAtMs = performance.now();
    const { rows } = await client.query<{ ms: number }>(
      `SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms FROM pg_notify('${this.heartbeatChannel}', '')`,
    );
    this.warnOfClock(this.clock.follow(rows[0]!.ms, askedAtMs, performance.now()));
  }

  private warnOfClock(aheadMs: number): void {
    const isWrong = Math.abs(aheadMs) > wrongClockMs;
    if (isWrong && !this.warnedOfClock) {
      const seconds = Math.round(Math.abs(aheadMs) / 1000);
      const relation = aheadMs > 0 ? 'ahead of' : 'behind';
      this.logger.warn(
        `The clock of this machine is ${seconds} s ${relation} the database's. Pawl uses the database's. Synchronise both (NTP).`,
      );
    }
    this.warnedOfClock = isWrong;
  }

  private onLost(client: pg.Client, reason: string): void {
    if (client !== this.client || this.stopped) return;
    if (this.caughtUp) this.logger.warn(`The connection that listens for other instances was lost: ${reason}`);
    this.drop();
    this.scheduleReconnect();
  }

  private scheduleReconnect(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.connectOnce().then(
        () => this.logger.log('Listening for other instances again.'),
        () => this.scheduleReconnect(),
      );
    }, retryMs).unref();
  }

  /** Does not use `end()`, which waits for the server: it may hang. */
  private drop(): void {
    const { client } = this;
    this.client = undefined;
    this.caughtUp = false;
    if (!client) return;
    client.removeAllListeners('end').on('error', () => undefined);
    client.connection.stream.destroy();
  }
}
