import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, register } from '../support/http.js';

const freeFailures = 3;
/** Failures of all known devices of an account together, before they count as strangers. */
const ceiling = 4 * freeFailures;
const env = {
  RATE_LIMITS: 'on',
  TRUST_PROXY: '1',
  LIMIT_ACCOUNT_FAILURES: `${freeFailures}/1d`,
  LIMIT_ADDRESS_FAILURES: 'off',
  LIMIT_SIGN_INS: 'off',
};

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ env });
});
afterAll(() => app.close());

function signIn(email: string, device: string | null, password = goodPassword): Promise<Answer> {
  const headers = device === null ? undefined : { 'pawl-device': device };
  return call(app, 'POST', '/auth/login', { body: { email, password }, headers });
}

async function deviceOf(email: string, presented: string | null = null): Promise<string> {
  const { status, headers } = await signIn(email, presented);
  expect(status).toBe(200);
  return headers.get('pawl-device')!;
}

/** The device id: 16 bytes after the key id and the time. */
const idOf = (device: string) => Buffer.from(device.slice('pwd1_'.length), 'base64url').subarray(8, 24).toString('hex');

/** Somebody guesses at the account until it refuses strangers for minutes. */
async function guessAt(email: string): Promise<void> {
  await signIn(email, null, 'wrong password');
  await app.db.query(`UPDATE rate_limits SET points = 10 WHERE key LIKE 'pawl:account-failures:%'`);
  await signIn(email, null, 'wrong password');
  await expectProblem(signIn(email, null), 429, 'rate_limited');
}

describe('a device token', () => {
  it('keeps the id of the device that presents it at a sign-in', async () => {
    const { user } = await register(app);
    const first = await deviceOf(user.email);
    const again = await deviceOf(user.email, first);
    expect(idOf(again)).toBe(idOf(first));
    expect(idOf(await deviceOf(user.email))).not.toBe(idOf(first));
  });

  it('of another account gives no id away', async () => {
    const [own, others] = [await register(app), await register(app)];
    const device = await deviceOf(others.user.email);
    expect(idOf(await deviceOf(own.user.email, device))).not.toBe(idOf(device));
  });

  describe('is void, so that an attacker who collected some guesses no further than a stranger,', () => {
    it.each<[string, (tokens: Tokens) => Promise<string>]>([
      [
        'after the password was changed',
        async ({ user, access_token }) => {
          const body = { current_password: goodPassword, new_password: `${goodPassword} anew` };
          const { status } = await call(app, 'POST', '/auth/password', { token: access_token, body });
          expect(status).toBeLessThan(300);
          return user.email;
        },
      ],
      [
        'after the address was changed',
        async ({ user }) => {
          const email = newEmail();
          await app.db.query('UPDATE users SET email = $2 WHERE id = $1', [user.id, email]);
          return email;
        },
      ],
      [
        'after the account was deleted and the address registered again',
        async ({ user, access_token }) => {
          const body = { password: goodPassword };
          await expectStatus(call(app, 'POST', '/auth/me/delete', { token: access_token, body }), 204);
          await register(app, { email: user.email });
          return user.email;
        },
      ],
    ])('%s', async (_, change) => {
      const tokens = await register(app);
      const device = await deviceOf(tokens.user.email);
      const email = await change(tokens);
      await guessAt(email);
      await expectProblem(signIn(email, device), 429, 'rate_limited');
    });
  });
});

describe('an attacker who collected a hundred device tokens', () => {
  it('has no more guesses than the ceiling of the account, though they come all at once', async () => {
    const { user } = await register(app);
    const devices: string[] = [];
    for (let i = 0; i < 100; i++) devices.push(await deviceOf(user.email));
    const answers = await Promise.all(devices.map((device) => signIn(user.email, device, 'wrong password')));
    const guesses = answers.filter(({ status }) => status === 401).length;
    expect(guesses).toBeGreaterThanOrEqual(ceiling);
    // Those in flight as the ceiling is reached, and then the strangers' own, some after a wait of a second or two.
    expect(guesses).toBeLessThanOrEqual(ceiling + 3 + freeFailures + 6);
    // The devices now wait as strangers do. After ten failures that takes minutes, however slow this machine is.
    await app.db.query(`UPDATE rate_limits SET points = 10 WHERE key LIKE 'pawl:account-failures:%'`);
    while ((await signIn(user.email, devices[0]!, 'wrong password')).status !== 401);
    await expectProblem(signIn(user.email, devices[0]!, 'wrong password'), 429, 'rate_limited');
  }, 60_000);

  it('does not reach the ceiling of another account', async () => {
    const { user } = await register(app);
    const device = await deviceOf(user.email);
    await guessAt(user.email);
    await expectStatus(signIn(user.email, device), 200);
  });
});

it('a token that cannot be ours costs no query for the user', async () => {
  const { user } = await register(app);
  await guessAt(user.email);
  await expectProblem(signIn(user.email, `pwd1_${'A'.repeat(54)}`), 429, 'rate_limited');
});
