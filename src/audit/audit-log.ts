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

/** An act that is one statement, and its event. */
export interface AuditedStatement {
  /** An INSERT for the statement's WITH: the event is kept if, and only if, `source` (a relation of it) has its row. */
  insertion: (source: Prisma.Sql) => Prisma.Sql;
  /** To be called once the statement is committed, if it did something. */
  done: () => void;
}

/**
 * Remembers security events (docs/audit.md). One call makes the row, the log line and the count. The row is part of the act
 * where the act is a transaction or a statement; an event that changes nothing, such as a refused sign-in, is written right
 * after, without a wait.
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
        this.tell(event);
        return { id: this.ids.next(), event };
      },
      onError: (cause, lost) => this.logger.error({ msg: 'Audit events could not be stored.', err: cause, lost }),
    });
  }

  /** For an event that changes nothing: the row is written within moments, whatever becomes of the request. Never throws. */
  record(event: AuditEvent): void;
  /** For an act that is a transaction: the row is in it. Make it the transaction's last statement, since the line says done. */
  record(event: AuditEvent, db: Pick<Prisma.TransactionClient, '$executeRaw'>): Promise<void>;
  record(event: AuditEvent, db?: Pick<Prisma.TransactionClient, '$executeRaw'>): void | Promise<void> {
    if (db) return this.recordIn(db, event);
    this.queue.add(this.ids.next(), event);
    this.tell(event);
  }

  /** For an act that is a single statement: the row is made by it. */
  within(event: AuditEvent): AuditedStatement {
    const id = this.ids.next();
    return { insertion: (source) => this.rows.insertion(id, event, source), done: () => this.tell(event) };
  }

  /** Every request is answered by now. The database goes after all others (see Database). */
  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }

  private async recordIn(db: Pick<Prisma.TransactionClient, '$executeRaw'>, event: AuditEvent): Promise<void> {
    await db.$executeRaw(this.rows.insertion(this.ids.next(), event));
    this.tell(event);
  }

  private tell(event: AuditEvent): void {
    this.metrics.auditEvents.inc({ event: event.event });
    if (isAlarming(event)) this.logger.warn(event);
    else this.logger.log(event);
  }
}
