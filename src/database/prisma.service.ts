import { Logger } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ArgType, SqlQueryable, SqlResultSet } from '@prisma/driver-adapter-utils';
import { ColumnTypeEnum, isDriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import type { Config } from '../config/config.js';
import { schemaOf } from './connection-url.js';
import { StatementError } from './driver-error.js';
import type { Prisma } from './generated/client.js';
import { PrismaClient } from './generated/client.js';
import { poolOptions, statementNames } from './pool-options.js';
import { timeLimits } from './time-limits.js';
import { traceStatements } from './traced-adapter.js';

/** The database client that features inject. */
export class PrismaService extends PrismaClient {
  /** The pool of the client. For metrics only: do not run statements on it. */
  readonly pool: pg.Pool;
  private readonly direct: Promise<SqlQueryable>;

  constructor(config: Config, url: string) {
    const logger = new Logger('Database');
    // An idle connection that breaks is replaced at its next use. Without a listener the error would end the process.
    const onPoolError = (error: Error) => logger.warn(`An idle database connection broke: ${error.message}`);
    const limits = timeLimits(config.sessions.graceSeconds);
    const pool = new pg.Pool(poolOptions(config, url));
    const naming = config.database.pooled ? {} : { statementNameGenerator: statementNames() };
    const schema = schemaOf(url);
    super({
      adapter: traceStatements(new PrismaPg(pool, { onPoolError, disposeExternalPool: true, schema, ...naming })),
      transactionOptions: { maxWait: limits.connectMs, timeout: limits.statementMs },
      errorFormat: 'minimal',
    });
    this.pool = pool;
    this.direct = traceStatements(new PrismaPg(pool, { schema, ...naming })).connect();
  }

  /**
   * Like `$queryRaw`, on the same pool and through the same adapter, but bypassing Prisma's engine. That halves the CPU time
   * of a small statement (docs/performance.md): use it on hot paths only. Columns may be text, 32-bit numbers, booleans,
   * bytes and instants.
   */
  async queryDirect<Row>({ text, values }: Prisma.Sql): Promise<Row[]> {
    const adapter = await this.direct;
    try {
      return toRows(await adapter.queryRaw({ sql: text, args: values, argTypes: values.map(() => anyType) })) as Row[];
    } catch (error) {
      throw isDriverAdapterError(error) || !(error instanceof Error) ? error : new StatementError(error);
    }
  }
}

/** Values are sent as they are; the statement casts them. */
const anyType: ArgType = { scalarType: 'unknown', arity: 'scalar' };

function toRows({ columnNames, columnTypes, rows }: SqlResultSet): Record<string, unknown>[] {
  return rows.map((row) => {
    const result: Record<string, unknown> = {};
    for (const [i, name] of columnNames.entries()) {
      const value = row[i];
      // The adapter returns ISO 8601.
      const isInstant = columnTypes[i] === ColumnTypeEnum.DateTime && value !== null;
      result[name] = isInstant ? new Date(value as string) : value;
    }
    return result;
  });
}
