import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Prisma } from '../database/generated/client.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { Metrics, startAtZero } from '../metrics/metrics.js';
import { AscendingIds } from './ascending-ids.js';
import type { AuditEvent } from './audit-event.js';
import { auditEventNames, isAlarming } from './audit-event.js';
import { EventQueue } from './event-queue.js';
import { EventRows } from './event-rows.js';

/** An action that is a single statement, and its event. */
export interface AuditedStatement {
  /** An INSERT for the statement's WITH clause. It stores the event if and only if the relation `source` has its row. */
  insertion: (source: Prisma.Sql) => Prisma.Sql;
  /** Call it after the commit, if the statement did something. */
  done: () => void;
}

/**
 * Records security events (docs/audit.md). One call writes the row and the log line and counts the event. If the action is
 * a transaction or a statement, the row is part of it. An event that changes nothing, such as a refused sign-in, is written
 * right afterwards, and nothing waits for it.
 */
@Injectable()
export class AuditLog implements OnApplicationShutdown {
  private readonly logger = new Logger('audit');
  private readonly ids: AscendingIds;
  private readonly queue: EventQueue;

  constructor(
    private readonly rows: EventRows,
    clock: Clock,
    private readonly metrics: Metrics,
  ) {
    startAtZero(metrics.auditEvents, 'event', auditEventNames);
    this.ids = new AscendingIds(clock);
    this.queue = new EventQueue({
      write: (events) => this.rows.insertAll(events),
      mayRetry: isDatabaseUnavailable,
      dropped: (count) => {
        const event: AuditEvent = { event: 'audit.dropped', details: { count } };
        this.announce(event);
        return { id: this.ids.next(), event };
      },
      onError: (cause, lost) => this.logger.error({ msg: 'Audit events could not be stored.', err: cause, lost }),
    });
  }

  /** For an event that changes nothing: the row is written soon, whatever happens to the request. Never throws. */
  record(event: AuditEvent): void;
  /** For an action in a transaction: the row is part of it. Call it last, because the log line says that it is done. */
  record(event: AuditEvent, db: Pick<Prisma.TransactionClient, '$executeRaw'>): Promise<void>;
  record(event: AuditEvent, db?: Pick<Prisma.TransactionClient, '$executeRaw'>): void | Promise<void> {
    if (db) return this.recordIn(db, event);
    this.queue.add(this.ids.next(), event);
    this.announce(event);
  }

  /** For an action that is a single statement, which writes the row too. */
  within(event: AuditEvent): AuditedStatement {
    const id = this.ids.next();
    return { insertion: (source) => this.rows.insertion(id, event, source), done: () => this.announce(event) };
  }

  /** Every request has its response by now. The database is closed last (see Database). */
  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }

  private async recordIn(db: Pick<Prisma.TransactionClient, '$executeRaw'>, event: AuditEvent): Promise<void> {
    await db.$executeRaw(this.rows.insertion(this.ids.next(), event));
    this.announce(event);
  }

  private announce(event: AuditEvent): void {
    this.metrics.auditEvents.inc({ event: event.event });
    if (isAlarming(event)) this.logger.warn(event);
    else this.logger.log(event);
  }
}
