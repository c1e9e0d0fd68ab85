import { createHash } from 'node:crypto';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { expectProblem, goodPassword, refresh, register } from '../support/http.js';
import { granted, partsOf, pastGraceSeconds, storedSession } from './refresh-story.js';

const oldSecret = 'the-old-secret-of-at-least-32-characters';
const newSecret = 'the-new-secret-of-at-least-32-characters';

describe('two values of AUTH_SECRET during a deployment', () => {
  let newFirst: TestApp;
  let oldFirst: TestApp;
  let newOnly: TestApp;
  const instance = (secrets: string) =>
    startApp({ env: { AUTH_SECRET: secrets }, database: newFirst.db, clock: newFirst.clock });
  beforeAll(async () => {
    newFirst = await startApp({ env: { AUTH_SECRET: `${newSecret},${oldSecret}` } });
    // Before the next one, which seals the signing keys under the old value again.
    newOnly = await instance(newSecret);
    oldFirst = await instance(`${oldSecret},${newSecret}`);
  });
  afterAll(async () => {
    await newOnly.close();
    await oldFirst.close();
    await newFirst.close();
  });
  const wait = () => newFirst.clock.advanceSeconds(pastGraceSeconds);

  it('each instance continues from the other’s tokens, in any order', async () => {
    let tokens = await register(oldFirst);
    const keyIds = new Set<string>();
    for (const app of [newFirst, oldFirst, oldFirst, newFirst, newFirst, oldFirst]) {
      const child = await granted(app, tokens, 'rotate');
      const other = app === newFirst ? oldFirst : newFirst;
      const again = await granted(other, tokens, 'replay');
      expect(partsOf(again.refresh_token).secret).toEqual(partsOf(child.refresh_token).secret);
      await granted(other, child, 'hold');
      wait();
      await granted(other, tokens, 'recover');
      tokens = await granted(app, tokens, 'replay');
      keyIds.add(partsOf(tokens.refresh_token).keyId);
      wait();
    }
    expect(keyIds.size).toBe(2);
  });

  it('a thief is detected across instances', async () => {
    const stolen = await register(oldFirst);
    const owner = await granted(newFirst, stolen, 'rotate');
    wait();
    const thief = await granted(oldFirst, stolen, 'recover');
    wait();
    await granted(newFirst, owner, 'rotate');
    await expectProblem(refresh(oldFirst, thief.refresh_token), 401, 'refresh_reused');
    await expectProblem(refresh(newFirst, owner.refresh_token), 401, 'session_revoked');
  });

  it('after the old value is removed, its tokens are refresh_invalid and no session is revoked', async () => {
    const tokens = await register(oldFirst);
    await expectProblem(refresh(newOnly, tokens.refresh_token), 401, 'refresh_invalid');
    expect((await storedSession(newFirst, tokens)).revoked_reason).toBeNull();
    wait();
    await granted(newFirst, tokens, 'rotate');
  });

  it('after the old value is removed, the parent of a child derived from it is 503, never reuse', async () => {
    const tokens = await granted(newFirst, await register(newFirst), 'rotate');
    wait();
    await granted(oldFirst, tokens, 'rotate');
    for (const seconds of [0, pastGraceSeconds]) {
      newFirst.clock.advanceSeconds(seconds);
      await expectProblem(refresh(newOnly, tokens.refresh_token), 503, 'temporarily_unavailable');
    }
    await granted(newFirst, tokens, 'recover');
    await granted(newOnly, tokens, 'replay');
  });
});

it('the database contains no token, no token’s secret, no AUTH_SECRET and no password', async () => {
  const app = await startApp({ env: { AUTH_SECRET: `${newSecret},${oldSecret}` } });
  try {
    const first = await register(app);
    const second = await granted(app, first, 'rotate');
    app.clock.advanceSeconds(pastGraceSeconds);
    const recovered = await granted(app, first, 'recover');
    const dump = await dumpOf(app);

    const secrets = [first, second, recovered].map(({ refresh_token }) => partsOf(refresh_token).secret);
    // What must be there, so that the search is known to find things: the hashes of the two children that are live.
    for (const secret of secrets.slice(1)) expect(dump).toContain(createHash('sha256').update(secret).digest('hex'));
    const texts = [
      ...[first, second, recovered].flatMap(({ access_token, refresh_token }) => [access_token, refresh_token]),
      newSecret,
      oldSecret,
      goodPassword,
    ];
    for (const bytes of [...secrets, ...texts.map((text) => Buffer.from(text))]) {
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
        expect(dump).not.toContain(bytes.toString(encoding).replace(/=+$/, ''));
      }
    }
  } finally {
    await app.close();
  }
});

/** Every row of every table, as text. */
async function dumpOf({ db }: TestApp): Promise<string> {
  const tables = await db.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const dumps = await Promise.all(
    tables.map(({ name }) => db.query<{ row: string }>(`SELECT rows::text AS row FROM ${name} rows`)),
  );
  expect(tables.length).toBeGreaterThan(4);
  return dumps.flatMap((rows) => rows.map(({ row }) => row)).join('\n');
}
