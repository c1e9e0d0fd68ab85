import pg from 'pg';
import { migrate } from '../../src/database/migrations/migrate.js';
import { readMigrations } from '../../src/database/migrations/migration-files.js';
import type { TestDatabase } from '../support/database.js';
import { createEmptyDatabase } from '../support/database.js';
import { recordingLog } from '../support/log.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await createEmptyDatabase();
});
afterEach(() => database.drop());

const log = recordingLog();
const indexes = async () =>
  (
    await database.query<{ indexname: string }>(
      `SELECT indexname FROM pg_indexes WHERE indexname LIKE 'users_%_search_idx' ORDER BY indexname`,
    )
  ).map(({ indexname }) => indexname);
const both = ['users_email_search_idx', 'users_name_search_idx'];

/** A role that is no superuser, with these rights. Returns the database's URL for it. */
async function urlOfRole(role: string, ...rights: string[]): Promise<string> {
  await database.query(`DROP ROLE IF EXISTS ${role}`);
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  for (const right of rights) await database.query(right);
  return Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
}

describe('the index for the search of users', () => {
  it('is created by the owner of a database, who is no superuser, and serves a search for a part', async () => {
    const name = new URL(database.url).pathname.slice(1);
    const role = 'pawl_search_owner';
    await migrate(await urlOfRole(role, `ALTER DATABASE ${name} OWNER TO ${role}`), log);
    expect(await indexes()).toEqual(both);
    await database.query(`
      INSERT INTO users (id, email, name, role, password_hash, created_at)
      SELECT gen_random_uuid(), 'user' || i || '@example.com', md5(i::text), 'user', '!', now() FROM generate_series(1, 1000) i`);
    await database.query('ANALYZE users');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    // So small a table is read as a whole otherwise.
    await client.query('SET enable_seqscan = off');
    await client.query('SET enable_indexscan = off');
    const { rows: plan } = await client.query(`
      EXPLAIN SELECT id FROM users WHERE email ILIKE '%ser345@%' OR name ILIKE '%a1b2c3d4%' ORDER BY id DESC LIMIT 21`);
    await client.end();
    for (const index of both) expect(JSON.stringify(plan)).toContain(index);
    await database.query(`ALTER DATABASE ${name} OWNER TO CURRENT_USER`);
    await database.query(`DROP OWNED BY ${role} CASCADE`);
    await database.query(`DROP ROLE ${role}`);
  });

  it('is left out, and every migration still applies, for a role that may not create the extension', async () => {
    const role = 'pawl_search_guest';
    await migrate(await urlOfRole(role, `GRANT USAGE, CREATE ON SCHEMA public TO ${role}`), log);
    expect(await indexes()).toEqual([]);
    const applied = await database.query('SELECT FROM _prisma_migrations WHERE finished_at IS NOT NULL');
    expect(applied).toHaveLength((await readMigrations()).length);
    await database.query(`DROP OWNED BY ${role} CASCADE`);
    await database.query(`DROP ROLE ${role}`);
  });

  it('uses the extension where an administrator has put it', async () => {
    await database.query('CREATE SCHEMA extensions');
    await database.query('CREATE EXTENSION pg_trgm SCHEMA extensions');
    await migrate(database.url, log);
    expect(await indexes()).toEqual(both);
  });
});
