import { Logger } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Config } from '../config/config.js';
import { findTracer } from '../tracing/tracer.js';
import { schemaOf } from './connection-url.js';
import { StatementError } from './driver-error.js';
import { PrismaClient } from './generated/client.js';
import { poolOptions, statementNames } from './pool-options.js';
import { PreparedQuery } from './prepared-query.js';
import type { PreparedStatement } from './prepared-statement.js';
import { timeLimits } from './time-limits.js';
import { traceStatement, traceStatements } from './traced-adapter.js';

/** The database client that features inject. */
export class PrismaService extends PrismaClient {
  /** The pool of the client. For metrics only: do not run statements on it. */
  readonly pool: pg.Pool;
  /** A pooler in transaction mode may lead each statement to another connection, which does not know its name. */
  private readonly namesStatements: boolean;
  private readonly tracer = findTracer();

  constructor(config: Config, url: string) {
    const logger = new Logger('Database');
    const limits = timeLimits(config.sessions.graceSeconds);
    const pool = new pg.Pool(poolOptions(config, url));
    // An idle connection that breaks is replaced at its next use. Without a listener the error would end the process.
    pool.on('error', (error) => logger.warn(`An idle database connection broke: ${error.message}`));
    const naming = config.database.pooled ? {} : { statementNameGenerator: statementNames() };
    const schema = schemaOf(url);
    super({
      adapter: traceStatements(new PrismaPg(pool, { disposeExternalPool: true, schema, ...naming })),
      transactionOptions: { maxWait: limits.connectMs, timeout: limits.transactionMs },
      errorFormat: 'minimal',
    });
    this.pool = pool;
    this.namesStatements = !config.database.pooled;
  }

  /**
   * Runs a statement on the same pool, but bypassing Prisma's engine and its adapter, which cost several times the CPU time
   * of a small statement (docs/performance.md). For the few statements that most requests need.
   */
  async queryDirect<Values extends object, Row extends object>(
    statement: PreparedStatement<Values, Row>,
    values: Values,
  ): Promise<Row[]> {
    const query = new PreparedQuery(statement, values, { isNamed: this.namesStatements });
    // A promise, although the types name a query, which only a client returns.
    const run = () => this.pool.query<pg.Submittable>(query) as unknown as Promise<void>;
    try {
      await (this.tracer ? traceStatement(this.tracer, statement.text, run) : run());
      return query.rows();
    } catch (error) {
      throw error instanceof Error ? new StatementError(error) : error;
    }
  }
}
