import { actedBy, detailsOf, operator } from '../../admin/actor.js';
import type { AuditLog } from '../../audit/audit-log.js';
import type { Clock } from '../../common/clock.js';
import { newId } from '../../common/ids.js';
import type { PrismaService } from '../../database/prisma.service.js';
import { isDatabaseUnavailable } from '../../database/unavailable.js';
import type { FactorTransfer } from '../../factors/factor-transfer.js';
import { findTakenEmails, insertUsers } from '../../users/user-batches.js';
import type { Line } from '../lines.js';
import { linesOf } from '../lines.js';
import type { ImportedUser } from './user-line.js';
import { BadLine, maxLineBytes, readUserLine } from './user-line.js';

/** Users of one statement and one transaction. */
const batchUsers = 1000;
const linesBetweenReports = 10_000;

export interface ImportCounts {
  lines: number;
  imported: number;
  /** Their address has an account already, for example because an import that was interrupted runs again. */
  present: number;
  bad: number;
}

/** Where an import reports. */
export interface ImportReport {
  bad(line: number, reason: string): void;
  /** The address of a line stands in an earlier line too. */
  duplicate(line: number, earlier: number): void;
  progress(counts: ImportCounts): void;
}

interface NumberedUser extends ImportedUser {
  line: number;
  id: string;
}

/**
 * Inserts the users of an NDJSON stream, a batch in each transaction. Existing accounts stay as they are, so an import may run
 * again. A bad line is reported, and every good one is imported.
 */
export class UserImport {
  /** The first line of each address. */
  private readonly lines = new Map<string, number>();
  private readonly counts: ImportCounts = { lines: 0, imported: 0, present: 0, bad: 0 };

  constructor(
    private readonly db: PrismaService,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly factors: FactorTransfer,
    private readonly roles: readonly string[],
    private readonly report: ImportReport,
  ) {}

  async run(input: AsyncIterable<Uint8Array | string>): Promise<ImportCounts> {
    let batch: NumberedUser[] = [];
    for await (const line of linesOf(input, maxLineBytes)) {
      const user = this.read(line);
      if (user) batch.push(user);
      if (batch.length === batchUsers) {
        await this.insert(batch);
        batch = [];
      }
      if (++this.counts.lines % linesBetweenReports === 0) this.report.progress(this.counts);
    }
    await this.insert(batch);
    return this.counts;
  }

  private read({ number, bytes }: Line): NumberedUser | undefined {
    if (bytes?.toString('latin1').trim() === '') return undefined;
    try {
      const user = readUserLine(bytes, this.roles);
      const earlier = this.lines.get(user.email);
      if (earlier === undefined) this.lines.set(user.email, number);
      else this.report.duplicate(number, earlier);
      return { ...user, line: number, id: user.id ?? newId() };
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      this.refuse(number, error.message);
      return undefined;
    }
  }

  private refuse(line: number, reason: string): void {
    this.counts.bad += 1;
    this.report.bad(line, reason);
  }

  /** If the database refuses a batch, each half is inserted by itself, until the line that it refuses is alone. */
  private async insert(batch: readonly NumberedUser[]): Promise<void> {
    if (batch.length === 0) return;
    let inserted: Set<string>;
    try {
      inserted = await this.insertTogether(batch);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      if (batch.length === 1) {
        this.refuse(batch[0]!.line, 'the database refuses it');
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.insert(batch.slice(0, half));
      await this.insert(batch.slice(half));
      return;
    }
    this.counts.imported += inserted.size;
    // Each once: a line may occur twice.
    await this.explain(batch.filter((user) => !inserted.delete(keyOf(user))));
  }

  private async insertTogether(batch: readonly NumberedUser[]): Promise<Set<string>> {
    return this.db.$transaction(async (tx) => {
      const rows = await insertUsers(
        batch.map(({ factors: _, ...user }) => user),
        this.clock,
        tx,
      );
      const inserted = new Set(rows.map(keyOf));
      for (const { factors, ...user } of batch) {
        // Only the first of two lines with one address was inserted.
        if (factors && inserted.delete(keyOf(user))) await this.factors.insert(user.id, factors, tx);
      }
      if (rows.length > 0) {
        const details = detailsOf(operator, { count: rows.length });
        await this.audit.record({ event: 'user.imported', ...actedBy(operator), details }, tx);
      }
      return new Set(rows.map(keyOf));
    });
  }

  /** Says of users that were not inserted whether the address or the id is taken. */
  private async explain(left: readonly NumberedUser[]): Promise<void> {
    if (left.length === 0) return;
    const taken = await findTakenEmails(
      left.map(({ email }) => email),
      this.db,
    );
    for (const { line, email } of left) {
      if (taken.has(email)) this.counts.present += 1;
      else this.refuse(line, 'id: belongs to another user');
    }
  }
}

function keyOf({ id, email }: { id: string; email: string }): string {
  return `${id} ${email}`;
}
