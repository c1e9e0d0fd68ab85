import { jest } from '@jest/globals';
import { SignInAttempts } from '../../src/limits/sign-in-attempts.js';
import { PasswordHasher } from '../../src/passwords/password-hasher.js';
import { cookiesOf } from '../auth/cookies.js';
import { logStatements, statementsDuring } from '../sessions/statement-log.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Answer } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';
import { until } from '../support/until.js';

/** One proxy names the address. */
const env = {
  RATE_LIMITS: 'on',
  TRUST_PROXY: '1',
  LIMIT_ACCOUNT_FAILURES: '3/1d',
  LIMIT_ADDRESS_FAILURES: '10/1h',
  PASSWORD_CONCURRENCY: '4',
};

let database: TestDatabase;
let app: TestApp;
let other: TestApp;
beforeAll(async () => {
  database = await createTestDatabase();
  await logStatements(database);
  [app, other] = await Promise.all([startApp({ env, database }), startApp({ env, database })]);
});
afterAll(async () => {
  await Promise.all([app.close(), other.close()]);
  await database.drop();
});

let addresses = 0;
/** One that no test has used. */
const newAddress = () => `198.51.${++addresses >> 8}.${addresses & 255}`;

interface SignIn {
  email: string;
  password?: string;
  from?: string;
  device?: string | null;
  on?: TestApp;
}

function signIn({ email, password = 'wrong password', from = newAddress(), device, on = app }: SignIn) {
  const headers = { 'x-forwarded-for': from, ...(device && { 'pawl-device': device }) };
  return call(on, 'POST', '/auth/login', { body: { email, password }, headers });
}
const signInRight = (source: SignIn) => signIn({ password: goodPassword, ...source });

/** As if every account that has failed had done so ten times: its next failure makes it refuse for 256 seconds. */
const tenFailures = () => database.query(`UPDATE rate_limits SET points = 10 WHERE key LIKE 'pawl:account-failures:%'`);

/** Somebody guesses at the account until it refuses. */
async function guessAt(email: string, from?: string): Promise<void> {
  await expectProblem(signIn({ email, from }), 401, 'invalid_credentials');
  await tenFailures();
  await expectProblem(signIn({ email, from }), 401, 'invalid_credentials');
  await expectProblem(signInRight({ email }), 429, 'rate_limited');
}

const registered = async () => (await register(app)).user.email;

async function deviceOf(email: string): Promise<string | null> {
  return (await signInRight({ email })).headers.get('pawl-device');
}

describe('wrong passwords of one account', () => {
  it('cause a growing delay, from whichever addresses they come; refused attempts are not counted', async () => {
    const email = await registered();
    for (let i = 0; i < 2; i++) await expectProblem(signIn({ email }), 401, 'invalid_credentials');
    await tenFailures();
    await expectProblem(signIn({ email }), 401, 'invalid_credentials');
    for (let i = 0; i < 5; i++) {
      const { headers } = await expectProblem(signIn({ email }), 429, 'rate_limited');
      expect(headers.get('retry-after')).toMatch(/^2[45]\d$/);
      expect(headers.get('ratelimit-policy')).toBe('"sign-in-account";q=3;w=86400');
      expect(headers.get('ratelimit')).toBe(`"sign-in-account";r=0;t=${headers.get('retry-after')}`);
    }
    const points = 'SELECT points FROM rate_limits WHERE points > 10 AND key LIKE $1';
    expect(await database.query(points, ['pawl:account-failures:%'])).toEqual([{ points: 11 }]);
  });

  it('do not lock it permanently: after the delay the right password is accepted', async () => {
    const email = await registered();
    for (let i = 0; i < 3; i++) await expectProblem(signIn({ email }), 401, 'invalid_credentials');
    await until(async () => (await signInRight({ email })).status === 200);
  });

  it('get the same responses as those for an account that does not exist', async () => {
    /** What differs from one answer to the next, and the seconds that have passed, are left out. */
    const comparable = ({ status, headers, body }: Answer) => ({
      status,
      body: { ...body, instance: '' },
      headers: [...headers]
        .filter(([name]) => !['x-request-id', 'date'].includes(name))
        .map(([name, value]) => [name, value.replace(/2[45]\d$/, 'N')]),
    });
    const story = async (email: string) => {
      const responses = [await signIn({ email })];
      await tenFailures();
      for (let i = 0; i < 2; i++) responses.push(await signIn({ email }));
      return responses.map(comparable);
    };
    const known = await story(await registered());
    expect(known.map(({ status }) => status)).toEqual([401, 401, 429]);
    expect(await story(newEmail())).toEqual(known);
  });

  it('do not delay another account', async () => {
    const [email, others] = [await registered(), await registered()];
    await guessAt(email);
    await expectStatus(signInRight({ email: others }), 200);
  });

  it('sent at once are not checked before the first has been counted', async () => {
    const email = await registered();
    await signIn({ email });
    await tenFailures();
    const responses = await Promise.all(Array.from({ length: 100 }, () => signIn({ email })));
    expect(responses.filter(({ status }) => status === 401)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(99);
  });

  it('are counted together by several instances', async () => {
    const email = await registered();
    await signIn({ email, on: other });
    await tenFailures();
    await expectProblem(signIn({ email }), 401, 'invalid_credentials');
    await expectProblem(signInRight({ email, on: other }), 429, 'rate_limited');
  });

  it('are not right ones: right ones sent at once all succeed', async () => {
    const email = await registered();
    const responses = await Promise.all(Array.from({ length: 20 }, () => signInRight({ email })));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('a refused attempt', () => {
  it('costs no hash and no query', async () => {
    const email = await registered();
    await guessAt(email);
    const verify = jest.spyOn(app.nest.get(PasswordHasher, { strict: false }), 'verify');
    try {
      const statements = await statementsDuring(database, async () => {
        for (let i = 0; i < 5; i++) await expectProblem(signIn({ email }), 429, 'rate_limited');
      });
      expect(verify).not.toHaveBeenCalled();
      expect(statements.filter((statement) => /rate_limits|users/.test(statement))).toEqual([]);
    } finally {
      verify.mockRestore();
    }
  });

  it('is not audited, but the failure that began the delay is, and the address that reached its limit, once', async () => {
    const { user } = await register(app);
    await guessAt(user.email);
    const from = newAddress();
    for (let i = 0; i < 15; i++) await signIn({ email: newEmail(), from });
    const failures = () =>
      database.query(
        `SELECT details FROM audit_events WHERE event = 'user.sign_in_failed' AND subject_user_id = $1 ORDER BY id`,
        [user.id],
      );
    const limited = () =>
      database.query(`SELECT details FROM audit_events WHERE event = 'address.limited' AND ip = $1`, [from]);
    await until(async () => (await failures()).length === 2 && (await limited()).length > 0);
    expect(await failures()).toEqual([
      { details: { code: 'invalid_credentials' } },
      { details: { code: 'invalid_credentials', wait_seconds: 256 } },
    ]);
    expect(await limited()).toEqual([{ details: { limit: 'sign-in-address' } }]);
  });
});

describe('a successful sign-in', () => {
  it('writes nothing to the limits, not even after a failed one', async () => {
    const email = await registered();
    await signIn({ email });
    const statements = await statementsDuring(database, () => expectStatus(signInRight({ email }), 200));
    const ofLimits = statements.filter((statement) => statement.includes('rate_limits'));
    expect(ofLimits).toEqual([expect.stringMatching(/^SELECT/), expect.stringMatching(/^SELECT/)]);
  });
});

describe('the counters', () => {
  it('contain neither an email address nor a network address', async () => {
    await guessAt(newEmail());
    const rows = await database.query<{ text: string }>('SELECT rate_limits::text AS text FROM rate_limits');
    expect(rows.length).toBeGreaterThan(3);
    for (const { text } of rows) expect(text).toMatch(/^\("?pawl:[a-z-]+:[\w-]{22}"?,\d+,\d+\)$/);
  });
});

describe('wrong passwords from one address', () => {
  it('are refused beyond the limit, whichever accounts they are for; other addresses are not', async () => {
    const email = await registered();
    const from = newAddress();
    for (let i = 0; i < 10; i++) await expectProblem(signIn({ email: newEmail(), from }), 401, 'invalid_credentials');
    const { headers } = await expectProblem(signInRight({ email, from }), 429, 'rate_limited');
    expect(headers.get('ratelimit-policy')).toBe('"sign-in-address";q=10;w=3600');
    expect(headers.get('ratelimit')).toMatch(/^"sign-in-address";r=0;t=3[56]\d\d$/);
    await expectProblem(signInRight({ email, from, on: other }), 429, 'rate_limited');
    await expectStatus(signInRight({ email }), 200);
  });

  it('are counted by /64 in IPv6', async () => {
    for (let i = 1; i <= 10; i++) await signIn({ email: newEmail(), from: `2001:db8:0:1::${i}` });
    await expectProblem(signIn({ email: newEmail(), from: '2001:db8:0:1:ffff::9' }), 429, 'rate_limited');
    await expectProblem(signIn({ email: newEmail(), from: '2001:db8:0:2::1' }), 401, 'invalid_credentials');
  });

  it('sent at once exceed the limit by a tenth at most', async () => {
    const from = newAddress();
    const responses = await Promise.all(Array.from({ length: 100 }, () => signIn({ email: newEmail(), from })));
    const checked = responses.filter(({ status }) => status === 401).length;
    expect(checked).toBeGreaterThanOrEqual(10);
    expect(checked).toBeLessThanOrEqual(11);
  });

  it('are counted for the address that TRUST_PROXY determines: headers of the client change nothing', async () => {
    const trusting = await startAppForTest({ env: { ...env, TRUST_PROXY: '', LIMIT_ADDRESS_FAILURES: '3/1h' } });
    for (let i = 0; i < 3; i++) await signIn({ email: newEmail(), on: trusting });
    await expectProblem(signIn({ email: newEmail(), on: trusting }), 429, 'rate_limited');
  });
});

describe('a known device', () => {
  it('can sign in while others guess its password, even from its own address', async () => {
    const email = await registered();
    const device = await deviceOf(email);
    expect(device).toMatch(/^pwd1_[\w-]{54}$/);
    await guessAt(email);
    const from = newAddress();
    for (let i = 0; i < 10; i++) await signIn({ email: newEmail(), from });
    await expectProblem(signInRight({ email, from }), 429, 'rate_limited');
    await expectStatus(signInRight({ email, from, device }), 200);
  });

  it('is also one that registered', async () => {
    const email = newEmail();
    const { headers } = await call(app, 'POST', '/auth/register', { body: { email, password: goodPassword } });
    await guessAt(email);
    await expectStatus(signInRight({ email, device: headers.get('pawl-device') }), 200);
  });

  it('cannot guess more than others, and is counted by itself', async () => {
    const email = await registered();
    const device = await deviceOf(email);
    await expectProblem(signIn({ email, device }), 401, 'invalid_credentials');
    await tenFailures();
    await expectProblem(signIn({ email, device }), 401, 'invalid_credentials');
    await expectProblem(signInRight({ email, device }), 429, 'rate_limited');
    await expectStatus(signInRight({ email }), 200);
  });

  it.each([
    ['of another account', (_own: string, others: string) => others],
    ['with a changed bit', (own: string) => own.slice(0, -2) + (own.endsWith('AA') ? 'QA' : 'AA')],
    ['made up', () => `pwd1_${'A'.repeat(54)}`],
    ['without shape', () => 'pwd1_'],
  ])('cannot be forged: a token %s is not accepted', async (_, forge) => {
    const [email, others] = [await registered(), await registered()];
    const device = forge((await deviceOf(email))!, (await deviceOf(others))!);
    await guessAt(email);
    await expectProblem(signInRight({ email, device }), 429, 'rate_limited');
  });

  it('is forgotten after 180 days without a sign-in', async () => {
    const email = await registered();
    const device = await deviceOf(email);
    await guessAt(email);
    app.clock.advanceSeconds(180 * 86_400 - 60);
    try {
      await expectStatus(signInRight({ email, device }), 200);
      app.clock.advanceSeconds(120);
      await expectProblem(signInRight({ email, device }), 429, 'rate_limited');
    } finally {
      app.clock.advanceSeconds(-180 * 86_400 - 60);
    }
  });

  it('is recognised in a browser by a cookie that scripts cannot read and that signing out keeps', async () => {
    const email = await registered();
    const body = JSON.stringify({ email, password: goodPassword, delivery: 'cookie' });
    const fixed = [
      ['Content-Type', 'application/json'],
      ['Sec-Fetch-Site', 'none'],
    ] as const;
    const post = (path: string, cookie: string, sent = '') =>
      rawCall(app, { method: 'POST', path, headers: [...fixed, ['Cookie', cookie]], body: sent });
    const first = await post('/auth/login', '', body);
    const cookies = cookiesOf(first);
    const device = cookies['__Host-pawl_device']!;
    expect(device.attributes).toMatchObject({ httponly: true, secure: true, path: '/', samesite: 'Lax' });
    expect(first.headers.get('pawl-device')).toBeNull();

    const out = await post('/auth/logout', `__Host-pawl_refresh=${cookies['__Host-pawl_refresh']!.value}`);
    expect(out.status).toBe(204);
    expect(Object.keys(cookiesOf(out))).not.toContain('__Host-pawl_device');

    await guessAt(email);
    expect((await post('/auth/login', '', body)).status).toBe(429);
    expect((await post('/auth/login', `__Host-pawl_device=${device.value}`, body)).status).toBe(200);
  });
});

describe('a caller that has proven to own the address', () => {
  it('is not refused because of failures of other callers', async () => {
    const email = await registered();
    await guessAt(email);
    await app.nest.get(SignInAttempts, { strict: false }).forget(email);
    await expectStatus(signInRight({ email }), 200);
  });
});

describe('RATE_LIMITS=off', () => {
  it('refuses nobody, issues no device token and writes no counter', async () => {
    const off = await startAppForTest({ env: { ...env, RATE_LIMITS: 'off' } });
    const { user } = await register(off);
    const from = newAddress();
    for (let i = 0; i < 12; i++) {
      await expectProblem(signIn({ email: user.email, from, on: off }), 401, 'invalid_credentials');
    }
    const { status, headers } = await signInRight({ email: user.email, from, on: off });
    expect([status, headers.get('pawl-device'), headers.get('ratelimit')]).toEqual([200, null, null]);
    expect(await off.db.query('SELECT * FROM rate_limits')).toEqual([]);
  });
});
