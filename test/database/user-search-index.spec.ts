import pg from 'pg';
import { Prisma } from '../../src/database/generated/client.js';
import { migrate } from '../../src/database/migrations/migrate.js';
import { readMigrations } from '../../src/database/migrations/migration-files.js';
import { searchUsers } from '../../src/users/user-search.js';
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
const all = ['users_email_search_idx', 'users_name_bytes_search_idx', 'users_name_search_idx'];

/** A role that is no superuser, with these rights. Returns the database's URL for it. */
async function urlOfRole(role: string, ...rights: string[]): Promise<string> {
  await database.query(`DROP ROLE IF EXISTS ${role}`);
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  for (const right of rights) await database.query(right);
  return Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
}

/** Which indexes find the users that are not among the newest. */
const searches = [
  ['ser345@', 'users_email_search_idx', 'users_name_search_idx'],
  ['z', 'users_email_prefix_idx', 'users_name_prefix_idx'],
  ['zu', 'users_email_prefix_idx', 'users_name_prefix_idx'],
  ['김', 'users_email_prefix_idx', 'users_name_prefix_idx'],
  ['김민', 'users_name_bytes_search_idx'],
  ['김민수', 'users_name_bytes_search_idx'],
] as const;

/** The plan of the second statement of a search. */
async function planOf(text: string): Promise<string> {
  const statements: Prisma.Sql[] = [];
  const recorder = (strings: TemplateStringsArray, ...values: unknown[]) => {
    statements.push(Prisma.sql(strings, ...values));
    return Promise.resolve([]);
  };
  await searchUsers(text, { limit: 21 }, { $queryRaw: recorder as never });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query(`EXPLAIN ${statements[1]!.text}`, statements[1]!.values);
    return JSON.stringify(rows);
  } finally {
    await client.end();
  }
}

describe('the index for the search of users', () => {
  it('is created by the owner of a database, who is no superuser, and serves a search for a part', async () => {
    const name = new URL(database.url).pathname.slice(1);
    const role = 'pawl_search_owner';
    await migrate(await urlOfRole(role, `ALTER DATABASE ${name} OWNER TO ${role}`), log);
    expect(await indexes()).toEqual(all);
    await database.query(`
      INSERT INTO users (id, email, name, role, password_hash, created_at)
      SELECT gen_random_uuid(), 'user' || i || '@example.com', md5(i::text), 'user', '!', now() FROM generate_series(1, 30000) i`);
    await database.query('VACUUM (ANALYZE) users');
    for (const [text, ...indexes] of searches) {
      const plan = await planOf(text);
      for (const index of indexes) expect(plan).toContain(index);
      // Neither the whole table nor a walk down the ids.
      expect(plan).not.toMatch(/Seq Scan|Backward/);
    }
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
    expect(await indexes()).toEqual(all);
  });
});
