import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectStatus, login, refresh, registerConfirmed } from '../support/http.js';

const document = readFileSync(join(import.meta.dirname, '../../docs/scaling.md'), 'utf8');

/** `| `sessions` | `user_id` | ... |`: the column that decides on which server a row is. */
const keys = new Map(
  [...document.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)].map(([, table = '', key = '']) => [table, key] as const),
);
/** Tables whose rows are with their user. */
const byUser = [...keys].filter(([table, key]) => key === 'user_id' || table === 'users').map(([table]) => table);

/** The places where a statement reads or writes the table. */
function uses(sql: string, table: string): number {
  const named = String.raw`(?:INSERT\s+INTO|DELETE\s+FROM|(?<!FOR\s)UPDATE|FROM|JOIN|USING|,)\s+(?:"?public"?\.)?"?${table}"?(?=[\s)])(?!\s*=)`;
  return [...sql.matchAll(new RegExp(named, 'g'))].length;
}

/** The places where it says whose rows: a parameter, the key of another row of the user, or the column of a new row. */
function keyed(sql: string, table: string, key: string): number {
  const column = String.raw`(?<![\w"])(?:"?\w+"?\.){0,2}"?${key}"?`;
  const value = String.raw`(?:\$\d+|\w+\.(?:user_id|id)\b)`;
  const conditions = [...sql.matchAll(new RegExp(String.raw`${column}\s*=\s*${value}`, 'g'))].length;
  const inserted = String.raw`INSERT\s+INTO\s+(?:"?public"?\.)?"?${table}"?\s*\([^)]*"?\b${key}\b`;
  return conditions + [...sql.matchAll(new RegExp(inserted, 'g'))].length;
}

const tablesWithoutKey = (sql: string) =>
  byUser.filter((table) => keyed(sql, table, keys.get(table)!) < uses(sql, table));

/** The address leads to the user: the one statement that cannot name the user yet. */
const byAddress = /FROM "public"\."users" WHERE \(?"public"\."users"\."email" = \$1/;

describe('hot statements name the user, so that one server of a distributed database can answer', () => {
  const exporter = new InMemorySpanExporter();
  let provider: NodeTracerProvider;
  let app: TestApp;

  beforeAll(async () => {
    provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    provider.register();
    app = await startApp({ env: { RATE_LIMITS: 'on' } });
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
    expect(statements.filter((sql) => uses(sql, 'sessions') > 0).length).toBeGreaterThanOrEqual(8);
    expect(statements.map((sql) => [sql, tablesWithoutKey(sql)]).filter(([, missing]) => missing!.length > 0)).toEqual(
      [],
    );
  });

  it('a sign-in, but for the look-up of the address', async () => {
    const { user } = await signedIn();
    const statements = await statementsOf(async () => {
      for (let i = 0; i < 2; i++) await login(app, user.email);
    });
    const unkeyed = statements.filter((sql) => tablesWithoutKey(sql).length > 0);
    expect(statements.filter((sql) => uses(sql, 'sessions') > 0).length).toBeGreaterThanOrEqual(4);
    expect(unkeyed).toEqual([expect.stringMatching(byAddress), expect.stringMatching(byAddress)]);
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
      expect(statements.filter((sql) => uses(sql, table) > 0).length).toBeGreaterThanOrEqual(2);
    }
    expect(statements.map((sql) => [sql, tablesWithoutKey(sql)]).filter(([, missing]) => missing!.length > 0)).toEqual(
      [],
    );
  });

  it('a statement without the user would be found', () => {
    expect(tablesWithoutKey('SELECT * FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1')).toEqual([
      'sessions',
    ]);
    expect(tablesWithoutKey('DELETE FROM sessions WHERE user_id = $1 AND id IN (SELECT id FROM sessions)')).toEqual([
      'sessions',
    ]);
    expect(tablesWithoutKey('INSERT INTO notes (id, title) VALUES ($1, $2)')).toEqual(['notes']);
    expect(tablesWithoutKey('UPDATE users SET epoch = 1')).toEqual(['users']);
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
