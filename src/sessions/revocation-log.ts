import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Notifications } from '../database/notifications.js';
import { PrismaService } from '../database/prisma.service.js';
import { clockMarginSeconds } from '../tokens/access-token.js';
import { KnownRevocations } from './known-revocations.js';
import type { LoggedRevocation } from './logged-revocation.js';
import { positionOfCursor } from './logged-revocation.js';
import type { RevocationRow } from './revocation-message.js';
import { decodeRevocationMessage, revocationChannel } from './revocation-message.js';
import type { NumberedRow } from './revocation-rows.js';
import { readRevocations } from './revocation-rows.js';

const retryMs = 500;

/** Hears of revocations, in the order of their commits. */
export interface RevocationListener {
  heard(rows: readonly RevocationRow[]): void;
  /** The positions of before mean nothing any more: the database may be another one, or an older copy. */
  restarted?(): void;
}

/**
 * Every committed revocation that still matters, in memory and in the order of commits. It is read from the `revocations`
 * table and kept up to date by the notification that each revoking transaction sends. What refuses tokens here
 * (`Revocations`) and what other services follow (oauth/feed) is this one log.
 */
@Injectable()
export class RevocationLog implements OnModuleInit, BeforeApplicationShutdown {
  private readonly known: KnownRevocations;
  private readonly listeners: RevocationListener[] = [];
  private reading: Promise<void> | undefined;
  private nextReading: Promise<void> | undefined;
  /** Heard during a reading, which may return later rows. */
  private heardMeanwhile: RevocationRow[] = [];
  /** Whether the table has to be read and could not be. */
  private behind = false;
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly db: PrismaService,
    private readonly notifications: Notifications,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.known = new KnownRevocations(clock, this.lifetimeSeconds);
  }

  /** How long an entry matters. After that, no access token from before it is still valid. */
  get lifetimeSeconds(): number {
    return this.config.accessToken.ttlSeconds + clockMarginSeconds;
  }

  /** Whether this instance hears every revocation right now. */
  get isUpToDate(): boolean {
    return this.notifications.healthy && !this.behind;
  }

  /** The last revocation there was, whether or not it still matters. */
  get end(): Readonly<{ position: number; cursor: string }> {
    return this.known.end;
  }

  /** Call it before the module starts, so that nothing is missed. */
  listen(listener: RevocationListener): void {
    this.listeners.push(listener);
  }

  async onModuleInit(): Promise<void> {
    await this.notifications.subscribe({
      channel: revocationChannel,
      catchUp: () => this.read(),
      receive: (payload) => this.receive(payload),
    });
  }

  beforeApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.retry);
  }

  /** At most `limit` entries that come after the position. What no longer matters is left out. */
  after(position: number, limit: number): readonly LoggedRevocation[] {
    return this.known.after(position, limit);
  }

  /**
   * The position that a cursor stands for. Returns undefined if this log cannot tell what came after it: it is too old, or from
   * another database.
   */
  positionOf(cursor: string): number | undefined {
    return this.known.positionOf(cursor);
  }

  /** Reads what was committed by now, if the cursor is of an instance that has heard more than this one. */
  async catchUpWith(cursor: string): Promise<void> {
    const position = positionOfCursor(cursor);
    if (position === undefined || position <= this.known.end.position) return;
    // Callers share a reading. If it fails, the database is away, and `isUpToDate` says so soon.
    await (this.reading ?? this.read()).catch(() => undefined);
  }

  private receive(payload: string): void {
    const rows = decodeRevocationMessage(payload);
    if (!rows) {
      this.readSoon();
      return;
    }
    if (this.reading) this.heardMeanwhile.push(...rows);
    else this.known.append(rows);
    this.tell(rows);
  }

  private readSoon(): void {
    // Reading may fail although the notification has arrived: until it succeeds, this instance does not know everything.
    this.read().catch(() => {
      this.behind = true;
      if (!this.stopped) this.retry = setTimeout(() => this.readSoon(), retryMs).unref();
    });
  }

  /** Reads what was committed by now. A call during a reading waits for the next one. */
  private read(): Promise<void> {
    if (this.reading) return (this.nextReading ??= this.reading.then(nothing, nothing).then(() => this.read()));
    this.nextReading = undefined;
    this.reading = this.readOnce().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    try {
      const { position } = this.known.end;
      let rows = await this.rowsFrom(position);
      // The row that the last cursor names is read again. If it is gone, the database may be another one, or an older copy.
      if (position > 0 && !(rows[0] && this.known.isLast(rows[0]))) {
        rows = await this.rowsFrom(0);
        this.restart();
      }
      this.behind = false;
      this.known.append(rows);
      this.tell(rows);
    } finally {
      this.known.append(this.heardMeanwhile.splice(0));
    }
  }

  private rowsFrom(position: number): Promise<NumberedRow[]> {
    return readRevocations(this.db, this.clock, { position, lifetimeSeconds: this.lifetimeSeconds });
  }

  private restart(): void {
    this.known.clear();
    for (const listener of this.listeners) listener.restarted?.();
  }

  private tell(rows: readonly RevocationRow[]): void {
    if (rows.length > 0) for (const listener of this.listeners) listener.heard(rows);
  }
}

function nothing(): void {
  // The caller of that reading sees its error.
}
