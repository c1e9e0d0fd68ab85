import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { ColumnTypeEnum, DriverAdapterError, isDriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { schemaOf, sessionUrl, withDatabaseName } from '../connection-url.js';
import { DatabaseClient } from '../database-client.js';

/** In a form that servers without one of them accept: transaction_timeout is new in PostgreSQL 17. */
const withoutTimeouts = `SELECT set_config(name, '0', false) FROM pg_settings
  WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')`;

/** The schema engine's connections to a database, and to the shadow database that it applies migrations to. */
export class SchemaConnections implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  private readonly closing: (() => Promise<void>)[] = [];

  constructor(private readonly url: string) {}

  connect(): Promise<SqlDriverAdapter> {
    return this.open(this.url);
  }

  /** PrismaPg's own shadow database would be the real one, because the name in a connection string overrides `database`. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const name = `pawl_shadow_${randomUUID()}`;
    await runOnce(this.url, `CREATE DATABASE "${name}" TEMPLATE template0`);
    this.closing.push(() => runOnce(this.url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
    return this.open(withDatabaseName(this.url, name));
  }

  /** Ends the connections, which the engine leaves open, the newest first. */
  async close(): Promise<void> {
    for (let end = this.closing.pop(); end; end = this.closing.pop()) await end();
  }

  private async open(url: string): Promise<SqlDriverAdapter> {
    const pool = new CatalogPool({
      connectionString: sessionUrl(url),
      application_name: 'pawl-migrations',
      max: 1,
      Client: DatabaseClient as unknown as new () => pg.ClientBase,
      // With a pooler the database has timeouts for requests (pooled-session.ts), and migrations may take longer.
      onConnect: (client) => client.query(withoutTimeouts) as unknown as void,
    });
    this.closing.push(() => pool.end());
    return forSchemaEngine(await new PrismaPg(pool, { schema: schemaOf(url) }).connect());
  }
}

/** OIDs of `"char"`, the one-byte type of PostgreSQL's catalogs that PrismaPg does not know, and of its array type. */
const charOid = 18;
const charArrayOid = 1002;

/** Presents `"char"` columns as arrays, which PrismaPg accepts. forSchemaEngine() reverts that. */
class CatalogPool extends pg.Pool {
  override query = (async (statement: pg.QueryConfig) => {
    const result = await super.query(statement);
    if (Array.isArray(result)) return result; // a script has one result for each of its statements
    for (const field of result.fields) if (field.dataTypeID === charOid) field.dataTypeID = charArrayOid;
    return result;
  }) as pg.Pool['query'];
}

/** Adapts PrismaPg to what the schema engine needs. */
function forSchemaEngine(adapter: SqlDriverAdapter): SqlDriverAdapter {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    const { Character, CharacterArray } = ColumnTypeEnum;
    return { ...result, columnTypes: result.columnTypes.map((type) => (type === CharacterArray ? Character : type)) };
  };
  // PrismaPg splits a script at every semicolon, even inside comments and function bodies. PostgreSQL parses a script that is
  // sent as a whole, and runs it as one transaction, so that a failed migration leaves nothing behind.
  adapter.executeScript = async (sql) => {
    await adapter.executeRaw({ sql, args: [], argTypes: [] }).catch(rethrowAsPostgresError);
  };
  return adapter;
}

/** The engine knows fewer kinds of errors than the adapter. This kind carries PostgreSQL's message. */
function rethrowAsPostgresError(error: unknown): never {
  if (!isDriverAdapterError(error)) throw error;
  const { originalCode: code = 'unknown', originalMessage: message = error.message } = error.cause;
  throw new DriverAdapterError({
    kind: 'postgres',
    severity: 'ERROR',
    code,
    message,
    detail: undefined,
    column: undefined,
    hint: undefined,
  });
}

async function runOnce(url: string, sql: string): Promise<void> {
  const client = new DatabaseClient({ connectionString: sessionUrl(url) });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
