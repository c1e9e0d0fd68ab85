import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import { createEmptyDatabase } from '../support/database.js';
import { call, expectStatus, login, register } from '../support/http.js';
import { until } from '../support/until.js';
import type { Finished } from './command.js';
import { runPawl, runPawlProcess } from './command.js';
import { currentKid, keyRows, kidOf, publishedKids } from './key-story.js';

function keysCommand(databaseUrl: string, args: string[], secrets = testSecret): Promise<Finished> {
  const env = { DATABASE_URL: databaseUrl, AUTH_SECRET: secrets };
  return runPawl(['keys', ...args], { env });
}

describe('npm run keys', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const keys = (...args: string[]) => keysCommand(app.db.url, args);

  it('list shows each key, its state, and the AUTH_SECRET value that it needs', async () => {
    const [current, next] = await publishedKids(app);
    const { code, out, errors } = await keys('list');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const lines = out.trim().split('\n');
    expect(lines[0]).toMatch(/^KID +STATE +ALGORITHM +SIGNS FROM +VERIFIES UNTIL +SEALED UNDER$/);
    expect(lines[1]).toMatch(new RegExp(`^${current} +current +ES256 +[0-9TZ:-]+ +- +AUTH_SECRET value 1 of 1$`));
    expect(lines[2]).toMatch(new RegExp(`^${next} +next +ES256 `));
    expect(lines[3]).toMatch(new RegExp(`^Key ${next} takes over in \\d+ days\\.$`));
  });

  it('runs as a separate process', async () => {
    const { code, out } = await runPawlProcess(['keys', 'list'], { env: { DATABASE_URL: app.db.url } });
    expect(code).toBe(0);
    expect(out).toBe((await keys('list')).out);
  });

  it('list says so where a value of AUTH_SECRET is missing or has moved', async () => {
    const moved = await keysCommand(app.db.url, ['list'], `another-secret-of-at-least-32-characters,${testSecret}`);
    expect(moved.out).toContain('AUTH_SECRET value 2 of 2');
    const missing = await keysCommand(app.db.url, ['list'], 'another-secret-of-at-least-32-characters');
    expect(missing.out).toContain('an AUTH_SECRET value that is not set');
  });

  it('revoke refuses every token under the key in the running service; the next key signs', async () => {
    const { access_token: token, user } = await register(app);
    const me = () => call(app, 'GET', '/auth/me', { token });
    await expectStatus(me(), 200);
    const { code, out } = await keys('revoke', kidOf(token));
    expect(code).toBe(0);
    expect(out).toContain(`Signing key ${kidOf(token)} is revoked`);
    await until(async () => (await me()).body.code === 'token_invalid');
    const { access_token: fresh } = await login(app, user.email);
    await expectStatus(call(app, 'GET', '/auth/me', { token: fresh }), 200);

    const again = await keys('revoke', kidOf(token));
    expect(again.code).toBe(0);
    expect(again.out).toContain('was revoked already');
    const listed = await keys('list');
    expect(listed.out).toMatch(new RegExp(`^${kidOf(token)} +revoked`, 'm'));
  });

  it.each([[[]], [['revoke']], [['list', 'more']]])('%j shows how it is used', async (args) => {
    const before = await keyRows(app);
    const { code, errors } = await keys(...args);
    expect(code).toBe(2);
    expect(errors).toMatch(/^Usage: pawl keys/m);
    expect(await keyRows(app)).toEqual(before);
  });

  it('says in a sentence what is wrong: an unknown key, a database that was never migrated, a wrong setting', async () => {
    const unknown = await keys('revoke', 'nobody');
    expect({ code: unknown.code, errors: unknown.errors.trim().split('\n').length }).toEqual({ code: 1, errors: 1 });
    expect(unknown.errors).toContain('No key nobody is in use');

    const empty = await createEmptyDatabase();
    const unmigrated = await keysCommand(empty.url, ['list']);
    await empty.drop();
    expect(unmigrated.code).toBe(1);
    expect(unmigrated.errors).toContain('pawl db deploy');

    const wrong = await keysCommand(app.db.url, ['list'], 'too short');
    expect(wrong.code).toBe(1);
    expect(wrong.errors).toContain('AUTH_SECRET');
  });

  it.each(['-Qx7b2', '--Zx7b2'])('takes %s, which begins with a hyphen, as the id of a key', async (kid) => {
    const { code, errors } = await keys('revoke', kid);
    expect(code).toBe(1);
    expect(errors).toContain(`No key ${kid} is in use`);
  });

  it('changes nothing if AUTH_SECRET does not open the current key, because the instances could not use its keys', async () => {
    const before = await keyRows(app);
    const { code, errors } = await keysCommand(app.db.url, ['rotate'], 'another-secret-of-at-least-32-characters');
    expect(code).toBe(1);
    expect(errors).toContain('AUTH_SECRET');
    expect(await keyRows(app)).toEqual(before);
  });

  it('rotate makes a fresh key, which the running service publishes at once and signs with in its time', async () => {
    const { user } = await register(app);
    const { code, out } = await keys('rotate');
    expect(code).toBe(0);
    const made = /^Signing key (\S+) \(ES256\) was made/m.exec(out)![1]!;
    await until(async () => (await publishedKids(app)).includes(made));
    expect(currentKid(app)).not.toBe(made);
    app.clock.advanceSeconds(6 * 60 + 10);
    expect(kidOf((await login(app, user.email)).access_token)).toBe(made);
  });
});
