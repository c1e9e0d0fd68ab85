import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectStatus, login, refresh, registerConfirmed } from '../support/http.js';
import { createDatabaseForTest } from '../support/per-test.js';
import { StatementKeys } from './statement-keys.js';

const document = readFileSync(join(import.meta.dirname, '../../docs/scaling.md'), 'utf8');

/** `| `sessions` | `user_id` | ... |`: the column that decides on which server a row is. */
const keys = new Map(
  [...document.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)].map(([, table = '', key = '']) => [table, key] as const),
);
/** Tables whose rows are with their user. */
const byUser = [...keys].filter(([table, key]) => key === 'user_id' || table === 'users').map(([table]) => table);

/** The address leads to the user: the one statement that cannot name the user yet. */
const byAddress = /FROM "public"\."users" WHERE \(?"public"\."users"\."email" = \$1/;

describe('hot statements name the user, so that one server of a distributed database can answer', () => {
  const exporter = new InMemorySpanExporter();
  let provider: NodeTracerProvider;
  let app: TestApp;
  let statementKeys: StatementKeys;

  beforeAll(async () => {
    provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    provider.register();
    app = await startApp({ env: { RATE_LIMITS: 'on' } });
    const positions = await app.db.query<{ table: string; column: string; position: number }>(
      `SELECT attrelid::regclass::text AS table, attname AS column, attnum AS position
       FROM pg_attribute WHERE attrelid = ANY ($1::text[]::regclass[])`,
      [byUser],
    );
    const ofKeys = positions.filter(({ table, column }) => keys.get(table) === column);
    statementKeys = new StatementKeys(app.db, new Map(ofKeys.map(({ table, ...key }) => [table, key])));
  });
  afterAll(async () => {
    await app.close();
    await provider.shutdown();
    for (const api of [trace, context, propagation]) api.disable();
  });

  /** Every statement that the service sent to the database for the requests of `work`, whole. */
  async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
    exporter.reset();
    await work();
    return exporter
      .getFinishedSpans()
      .flatMap(({ attributes }) => (attributes['db.query.text'] as string | undefined) ?? []);
  }

  /** Each statement that uses rows of any user, with the tables. */
  async function withoutKey(statements: readonly string[]) {
    const judged = await Promise.all(
      statements.map(async (sql) => ({ sql, missing: await statementKeys.usesWithoutKey(sql) })),
    );
    return judged.filter(({ missing }) => missing.length > 0);
  }

  async function countWith(table: string, statements: readonly string[]): Promise<number> {
    const uses = await Promise.all(statements.map((sql) => statementKeys.uses(sql)));
    return uses.filter((tables) => tables.includes(table)).length;
  }

  const signedIn = () => registerConfirmed(app);

  it('a refresh: rotate, hold, replay, recover and reuse', async () => {
    const first = await signedIn();
    const statements = await statementsOf(async () => {
      const second = await expectStatus(refresh(app, first.refresh_token), 200);
      await expectStatus(refresh(app, second.refresh_token), 200);
      await expectStatus(refresh(app, first.refresh_token), 200);
      app.clock.advanceSeconds(20);
      await expectStatus(refresh(app, first.refresh_token), 200);
      app.clock.advanceSeconds(60);
      const third = await expectStatus(refresh(app, second.refresh_token), 200);
      app.clock.advanceSeconds(60);
      await expectStatus(refresh(app, third.refresh_token), 200);
      await call(app, 'POST', '/auth/refresh', { body: { refresh_token: first.refresh_token } });
    });
    expect(await countWith('sessions', statements)).toBeGreaterThanOrEqual(8);
    expect(await withoutKey(statements)).toEqual([]);
  });

  it('a sign-in, but for the look-up of the address', async () => {
    const { user } = await signedIn();
    const statements = await statementsOf(async () => {
      for (let i = 0; i < 2; i++) await login(app, user.email);
    });
    expect(await countWith('sessions', statements)).toBeGreaterThanOrEqual(4);
    const lookUp = { sql: expect.stringMatching(byAddress), missing: ['users'] };
    expect(await withoutKey(statements)).toEqual([lookUp, lookUp]);
  });

  it('protected requests and a sign-out', async () => {
    const { access_token: token, session_id } = await signedIn();
    const other = await signedIn();
    const statements = await statementsOf(async () => {
      await expectStatus(call(app, 'GET', '/auth/me', { token }), 200);
      await expectStatus(call(app, 'GET', '/auth/sessions', { token }), 200);
      await expectStatus(call(app, 'POST', '/notes', { token, body: { title: 'Note', body: '' } }), 201);
      await expectStatus(call(app, 'GET', '/notes', { token }), 200);
      await expectStatus(call(app, 'DELETE', `/auth/sessions/${session_id}`, { token }), 204);
      await expectStatus(call(app, 'POST', '/auth/logout', { token: other.access_token }), 204);
    });
    for (const table of ['notes', 'sessions']) {
      expect(await countWith(table, statements)).toBeGreaterThanOrEqual(2);
    }
    expect(await withoutKey(statements)).toEqual([]);
  });

  it.each([
    ['SELECT * FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1', ['sessions']],
    ['select * from sessions where id = $1', ['sessions']],
    ['SELECT * FROM sessions a, notes b WHERE a.user_id = $1 AND b.id = $2', ['notes']],
    ['SELECT * FROM sessions a, sessions b WHERE a.user_id = $1 AND a.user_id = $2', ['sessions']],
    ['SELECT * FROM notes WHERE user_id = $1 OR id = $2', ['notes']],
    ['SELECT * FROM notes WHERE NOT (user_id = $1)', ['notes']],
    ['SELECT * FROM notes WHERE user_id > $1', ['notes']],
    ['SELECT * FROM notes WHERE id = $1 AND title = $2', ['notes']],
    ['SELECT (SELECT count(*) FROM notes) FROM users WHERE id = $1', ['notes']],
    ['DELETE FROM sessions WHERE user_id = $1 AND id IN (SELECT id FROM sessions)', ['sessions']],
    ['WITH ended AS (UPDATE sessions SET revoked_at = now() WHERE id = $1 RETURNING user_id) SELECT 1', ['sessions']],
    ["insert into notes (id, title, body, updated_at) values ($1, $2, '', now())", ['notes']],
    ['UPDATE users SET epoch = 1', ['users']],
    ['UPDATE users SET epoch = 1 WHERE id IS NOT NULL', ['users']],
  ])('a statement that does not name the user for each table would be found: %s', async (sql, tables) => {
    expect(await statementKeys.usesWithoutKey(sql)).toEqual(tables);
  });

  it.each([
    'select u.email from sessions as s join users u on u.id = s.user_id where s.user_id = $1 and s.id = $2',
    'SELECT * FROM "public"."notes" WHERE ("public"."notes"."user_id" = $1 AND 1=1) LIMIT $2',
    'UPDATE users AS someone SET epoch = epoch + 1 FROM sessions mine WHERE mine.user_id = someone.id AND $1 = someone.id',
    'WITH u AS (UPDATE users SET epoch = 1 WHERE id = $1 RETURNING id) INSERT INTO notes (user_id, id) SELECT id, $2 FROM u',
  ])('a statement that names the user for each table is none of them: %s', async (sql) => {
    expect(await statementKeys.usesWithoutKey(sql)).toEqual([]);
  });

  it('docs/scaling.md lists every table, with a key that begins its primary key', async () => {
    const rows = await app.db.query<{ table: string; first: string }>(
      `SELECT c.conrelid::regclass::text AS table, a.attname AS first
       FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       WHERE c.contype = 'p' AND c.connamespace = 'public'::regnamespace AND c.conrelid::regclass::text <> '_prisma_migrations'`,
    );
    expect(Object.fromEntries(keys)).toEqual(Object.fromEntries(rows.map(({ table, first }) => [table, first])));
  });
});

describe('the statements of docs/scaling.md that distribute the tables', () => {
  const statementsAfter = (heading: string) =>
    document
      .slice(document.indexOf(heading))
      .match(/```sql\n([^`]+)```/)![1]!
      .split(/;\n/)
      .filter((sql) => sql.trim() !== '');

  it('run for YugabyteDB: each name is one of the migrations', async () => {
    const database = await createDatabaseForTest();
    const statements = statementsAfter('**YugabyteDB**');
    // PostgreSQL has no order of a primary key.
    for (const sql of statements) await database.query(sql.replace('PRIMARY KEY (id ASC)', 'PRIMARY KEY (id)'));
    expect(statements.length).toBeGreaterThan(5);
  });

  it('run for Citus, and leave nothing that it refuses: unique indexes and foreign keys contain the key', async () => {
    const database = await createDatabaseForTest();
    const statements = statementsAfter('**Citus**');
    const isOfCitus = (sql: string) => sql.startsWith('SELECT create_distributed_table(');
    for (const sql of statements) if (!isOfCitus(sql)) await database.query(sql);
    const distributed = statements.filter(isOfCitus).map((sql) => /\('(\w+)', '(\w+)'/.exec(sql)!.slice(1, 3));
    expect(distributed.map(([table]) => table).sort()).toEqual([...byUser].sort());
    for (const [table, key] of distributed) expect(keys.get(table!)).toBe(key);

    const uniqueIndexes = await database.query<{ name: string; table: string; columns: string[] }>(
      `SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS table,
              array_agg(a.attname::text) AS columns
       FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
       WHERE i.indisunique AND i.indrelid = ANY ($1::text[]::regclass[]) GROUP BY i.indexrelid, i.indrelid`,
      [byUser],
    );
    expect(uniqueIndexes.length).toBeGreaterThanOrEqual(byUser.length);
    expect(uniqueIndexes.filter(({ table, columns }) => !columns.includes(keys.get(table)!))).toEqual([]);

    const foreignKeys = await database.query<{ from: string; to: string; column: string; updates: string }>(
      `SELECT c.conrelid::regclass::text AS from, c.confrelid::regclass::text AS to, a.attname AS column,
              c.confupdtype AS updates
       FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       WHERE c.contype = 'f' AND (c.conrelid = ANY ($1::text[]::regclass[]) OR c.confrelid = ANY ($1::text[]::regclass[]))`,
      [byUser],
    );
    // No action on an update: an id never changes, and Citus refuses CASCADE on a column that distributes.
    const allowed = byUser.filter((table) => table !== 'users');
    expect(foreignKeys.map(({ from }) => from).sort()).toEqual(allowed.sort());
    for (const { from, to, column, updates } of foreignKeys)
      expect({ to, column, updates }).toEqual({ to: 'users', column: keys.get(from), updates: 'a' });
  });
});
