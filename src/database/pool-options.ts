import type { ClientBase, PoolConfig } from 'pg';
import type { Config } from '../config/config.js';
import { sessionUrl } from './connection-url.js';
import { DatabaseClient } from './database-client.js';
import { statementName } from './prepared-statement.js';
import { timeLimits } from './time-limits.js';

/** The options of the pool that Prisma's statements run on. */
export function poolOptions(config: Config, url: string): PoolConfig {
  const limits = timeLimits(config.sessions.graceSeconds);
  const startUpOptions = {
    statement_timeout: limits.statementMs,
    lock_timeout: limits.lockMs,
    idle_in_transaction_session_timeout: limits.idleTransactionMs,
  };
  return {
    // Prisma's adapter reads every timestamp as ISO in UTC and drops the offset. With a pooler the start checks the session.
    connectionString: config.database.pooled ? url : sessionUrl(url),
    // The pool passes its options to the constructor, which the types leave out.
    Client: DatabaseClient as unknown as new () => ClientBase,
    application_name: 'pawl',
    max: config.database.poolSize,
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: limits.responseMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A pooler in transaction mode rejects them. Then they are settings of the database, which pooled-session.ts checks.
    ...(config.database.pooled ? {} : startUpOptions),
  };
}

/** Prepared statements stay on every connection until it ends, so their number is bounded. Further ones are parsed each time. */
const maxNamedStatements = 500;

/** Names a statement after its text, so that PostgreSQL parses and plans it once per connection. Empty for an unnamed statement. */
export function statementNames(): (statement: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= maxNamedStatements) return '';
    const name = statementName(sql);
    names.set(sql, name);
    return name;
  };
}
