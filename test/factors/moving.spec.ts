import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TotpResealing } from '../../src/factors/totp-resealing.js';
import { runPawl } from '../keys/command.js';
import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import { call, expectStatus, newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { addPasskey, codeOf, firstFactor, registerWithApp, respond } from './factor-story.js';
import { SoftwareAuthenticator } from './software-authenticator.js';

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await startApp();
  folder = await mkdtemp(join(tmpdir(), 'pawl-factors-'));
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

function users(at: TestApp, args: string[]) {
  const env = { DATABASE_URL: at.db.url, AUTH_SECRET: testSecret, PUBLIC_URL: 'http://localhost:3000' };
  return runPawl(['users', ...args], { env, input: '', folder });
}

describe('moving users', () => {
  it('takes their apps, passkeys and recovery codes along, from one service to another', async () => {
    const user = await registerWithApp(app);
    const { authenticator } = await addPasskey(app, user.tokens.access_token, new SoftwareAuthenticator());
    const exported = await users(app, ['export', '--with-password-hashes', '--with-second-factors']);
    expect(exported.code).toBe(0);
    const line = exported.out.split('\n').find((text) => text.includes(user.email))!;
    const file = join(folder, 'users.ndjson');
    await writeFile(file, `${line}\n`);

    const other = await startAppForTest({ clock: app.clock });
    expect(await users(other, ['import', file])).toMatchObject({ code: 0 });
    const first = await firstFactor(other, user.email);
    expect(first.factors).toEqual(['totp', 'passkey', 'recovery_code']);
    await expectStatus(respond(other, { challenge: first.challenge, code: codeOf(user, other) }), 200);
    const second = await firstFactor(other, user.email);
    const passkey = authenticator.get(second.passkey_options);
    await expectStatus(respond(other, { challenge: second.challenge, passkey }), 200);
    const third = await firstFactor(other, user.email);
    const body = { challenge: third.challenge, recovery_code: user.recoveryCodes[3] };
    await expectStatus(respond(other, body), 200);
  });

  it('without the option exports no factor', async () => {
    const user = await registerWithApp(app);
    const { out } = await users(app, ['export']);
    expect(out).toContain(user.email);
    expect(out).not.toMatch(/totp|passkey|recovery/);
  });

  it('reads the secret of another system, and refuses what is none', async () => {
    const other = await startAppForTest();
    const good = { email: newEmail(), totp_secret: 'jbsw y3dp ehpk 3pxp' };
    const bad = { email: newEmail(), totp_secret: 'not base32!' };
    const file = join(folder, 'secrets.ndjson');
    await writeFile(file, [good, bad].map((user) => JSON.stringify(user)).join('\n'));
    const imported = await users(other, ['import', file]);
    expect(imported.code).toBe(1);
    expect(imported.errors).toMatch(/line 2: totp_secret: must be 10 to 64 bytes in base32/);
    expect(imported.errors).not.toContain('not base32!');
    const rows = await other.db.query('SELECT email, second_factor FROM users');
    expect(rows).toEqual([{ email: good.email, second_factor: true }]);
  });
});

it('everything stored about a user includes the factors, without a secret', async () => {
  const user = await registerWithApp(app);
  const exported = await expectStatus(call(app, 'GET', '/auth/me/export', { token: user.tokens.access_token }), 200);
  expect(exported.factors).toEqual([expect.objectContaining({ type: 'totp', name: null })]);
  expect(Object.keys(exported.factors[0]).sort()).toEqual(['created_at', 'id', 'last_used_at', 'name', 'type']);
});

it('after a replacement of AUTH_SECRET, apps are sealed again and still work without the old value', async () => {
  const next = 'another-secret-for-tests-of-at-least-32-characters';
  const before = await startAppForTest();
  const user = await registerWithApp(before);
  const both = { AUTH_SECRET: `${next},${testSecret}` };
  const during = await startAppForTest({ env: both, database: before.db, clock: before.clock });
  expect(await during.nest.get(TotpResealing, { strict: false }).resealAll()).toBe(1);
  expect(await during.nest.get(TotpResealing, { strict: false }).resealAll()).toBe(0);
  const after = await startAppForTest({ env: { AUTH_SECRET: next }, database: before.db, clock: before.clock });
  const { challenge } = await firstFactor(after, user.email);
  await expectStatus(respond(after, { challenge, code: codeOf(user, after) }), 200);
});

it('one damaged secret does not keep the others from being sealed again', async () => {
  const next = 'another-secret-for-tests-of-at-least-32-characters';
  const before = await startAppForTest();
  const [damaged, user] = [await registerWithApp(before), await registerWithApp(before)];
  const damage = `UPDATE totp_secrets SET secret_sealed = sha256(secret_sealed) WHERE user_id = $1`;
  await before.db.query(damage, [damaged.tokens.user.id]);
  const both = { AUTH_SECRET: `${next},${testSecret}` };
  const during = await startAppForTest({ env: both, database: before.db, clock: before.clock });
  expect(await during.nest.get(TotpResealing, { strict: false }).resealAll()).toBe(1);
  const after = await startAppForTest({ env: { AUTH_SECRET: next }, database: before.db, clock: before.clock });
  const { challenge } = await firstFactor(after, user.email);
  await expectStatus(respond(after, { challenge, code: codeOf(user, after) }), 200);
});
