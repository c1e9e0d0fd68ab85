import { challengeHashOf, newChallengeToken } from '../../src/factors/challenge-token.js';
import type { ReceivedMail } from '../mail/mailbox.js';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import { call, expectStatus, registerConfirmed } from '../support/http.js';
import { until } from '../support/until.js';
import { addPasskey, codeOf, firstFactor, registerWithApp, respond } from './factor-story.js';
import { SoftwareAuthenticator } from './software-authenticator.js';

const uses = 100;

let first: TestApp;
let second: TestApp;
beforeAll(async () => {
  first = await startApp();
  second = await startApp({ database: first.db, clock: first.clock });
});
afterAll(async () => {
  await second.close();
  await first.close();
});

/** Sends a hundred requests at once, every other one to the other instance. Returns how many succeeded, and the other codes. */
async function atOnce(send: (instance: TestApp, i: number) => Promise<Answer>) {
  const answers = await Promise.all(Array.from({ length: uses }, (_, i) => send(i % 2 === 0 ? first : second, i)));
  // On a busy machine some wait too long for the database. They have neither succeeded nor been refused.
  const refused = answers.filter(({ status }) => status !== 200 && status !== 503);
  const codes = [...new Set(refused.map(({ body }) => body.code))].sort();
  return { succeeded: answers.filter(({ status }) => status === 200).length, codes };
}

/** `count` challenges of one user: that of a sign-in, and copies of its row, because a hundred passwords take long to hash. */
async function challengesOf(email: string, count: number): Promise<string[]> {
  const { challenge } = await firstFactor(first, email);
  const copies = Array.from({ length: count - 1 }, () => newChallengeToken('body'));
  await first.db.query(
    `INSERT INTO sign_in_challenges
     SELECT (jsonb_populate_record(c, jsonb_build_object('token_hash', copy.hash))).*
     FROM sign_in_challenges c, unnest($2::text[]) AS copy(hash) WHERE c.token_hash = $1`,
    [challengeHashOf(challenge), copies.map((copy) => `\\x${challengeHashOf(copy)!.toString('hex')}`)],
  );
  return [challenge, ...copies];
}

describe('of a hundred uses at once, on two instances, exactly one succeeds', () => {
  it('of one time step of an authenticator app, with a challenge each', async () => {
    const user = await registerWithApp(first);
    const challenges = await challengesOf(user.email, uses);
    const code = codeOf(user, first);
    const { succeeded, codes } = await atOnce((app, i) => respond(app, { challenge: challenges[i], code }));
    expect({ succeeded, codes }).toEqual({ succeeded: 1, codes: ['factor_invalid'] });
  });

  it('of one recovery code, with a challenge each', async () => {
    const user = await registerWithApp(first);
    const challenges = await challengesOf(user.email, uses);
    const recovery_code = user.recoveryCodes[0];
    const { succeeded, codes } = await atOnce((app, i) => respond(app, { challenge: challenges[i], recovery_code }));
    expect({ succeeded, codes }).toEqual({ succeeded: 1, codes: ['factor_invalid'] });
  });

  it('of one challenge, with ten right recovery codes', async () => {
    const user = await registerWithApp(first);
    const [challenge] = await challengesOf(user.email, 1);
    const { succeeded, codes } = await atOnce((app, i) =>
      respond(app, { challenge, recovery_code: user.recoveryCodes[i % 10] }),
    );
    expect(succeeded).toBe(1);
    expect(codes).toContain('challenge_expired');
    // Those that lost have used nothing up.
    const [row] = await first.db.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM recovery_codes WHERE user_id = $1',
      [user.tokens.user.id],
    );
    expect(row!.count).toBe(9);
  });

  it('of one challenge for a passkey', async () => {
    const tokens = await registerConfirmed(first);
    const { authenticator } = await addPasskey(first, tokens.access_token, new SoftwareAuthenticator(true));
    const { challenge, options } = await expectStatus(call(first, 'POST', '/auth/passkeys/options', { body: {} }), 200);
    const body = { challenge, passkey: authenticator.get(options) };
    const { succeeded, codes } = await atOnce((app) => call(app, 'POST', '/auth/passkeys/login', { body }));
    expect({ succeeded, codes }).toEqual({ succeeded: 1, codes: ['challenge_expired'] });
  });

  it('of one challenge for a second factor, with a response of a passkey', async () => {
    const tokens = await registerConfirmed(first);
    const { authenticator } = await addPasskey(first, tokens.access_token, new SoftwareAuthenticator(true));
    const { challenge, passkey_options: options } = await firstFactor(first, tokens.user.email);
    const passkey = authenticator.get(options);
    const { succeeded, codes } = await atOnce((app) => respond(app, { challenge, passkey }));
    expect(succeeded).toBe(1);
    expect(codes.filter((code) => !['challenge_expired', 'factor_invalid'].includes(code))).toEqual([]);
  });

  it('of one challenge for a new passkey, with a passkey each', async () => {
    const { access_token: token, user } = await registerConfirmed(first);
    const path = '/auth/factors/passkeys';
    const { challenge, options } = await expectStatus(call(first, 'POST', `${path}/options`, { token, body: {} }), 200);
    const passkeys = Array.from({ length: 20 }, () => new SoftwareAuthenticator().create(options));
    const { codes } = await atOnce((app, i) =>
      call(app, 'POST', path, { token, body: { challenge, passkey: passkeys[i % 20], name: 'Laptop' } }),
    );
    expect(codes.filter((code) => code !== undefined)).toEqual(['challenge_expired']);
    expect(await first.db.query('SELECT 1 FROM passkeys WHERE user_id = $1', [user.id])).toHaveLength(1);
  });

  async function emailFor(email: string) {
    await expectStatus(call(first, 'POST', '/auth/link', { body: { email } }), 202);
    // The other instance may be the one that sends at this moment.
    let mail: ReceivedMail | undefined;
    await until(async () => (mail = (await mailsTo(first, email)).at(-1)) !== undefined);
    return { token: tokenIn(mail), code: /\b(\d{6})\b/.exec(mail!.text)![1]! };
  }

  it('of one link', async () => {
    const { user } = await registerConfirmed(first);
    const { token } = await emailFor(user.email);
    const { succeeded, codes } = await atOnce((app) => call(app, 'POST', '/auth/link/login', { body: { token } }));
    expect({ succeeded, codes }).toEqual({ succeeded: 1, codes: ['one_time_token_invalid'] });
  });

  it('of one code from an email', async () => {
    const { user } = await registerConfirmed(first);
    const { code } = await emailFor(user.email);
    const body = { email: user.email, code };
    const { succeeded, codes } = await atOnce((app) => call(app, 'POST', '/auth/link/login', { body }));
    expect({ succeeded, codes }).toEqual({ succeeded: 1, codes: ['code_invalid'] });
  });

  it('of one time step that confirms a sign-in', async () => {
    const user = await registerWithApp(first);
    const { access_token: token } = user.tokens;
    const code = codeOf(user, first);
    const { succeeded, codes } = await atOnce((app) => call(app, 'POST', '/auth/step-up', { token, body: { code } }));
    expect(succeeded).toBe(1);
    expect(codes.filter((found) => !['factor_invalid', 'rate_limited'].includes(found))).toEqual([]);
  });
});

it('a hundred wrong codes at once on one challenge get five judged, and the code after them none', async () => {
  const user = await registerWithApp(first);
  const [challenge] = await challengesOf(user.email, 1);
  const code = codeOf(user, first, 40);
  const answers = await Promise.all(
    Array.from({ length: uses }, (_, i) => respond(i % 2 === 0 ? first : second, { challenge, code })),
  );
  expect(answers.filter(({ body }) => body.code === 'factor_invalid').length).toBeLessThanOrEqual(5);
  expect(answers.filter(({ status }) => status === 200)).toEqual([]);
  expect((await respond(first, { challenge, code: codeOf(user, first) })).body.code).toBe('challenge_expired');
});

it('a hundred wrong codes of an email at once get five judged, and the right code after them none', async () => {
  const { user } = await registerConfirmed(first);
  await expectStatus(call(first, 'POST', '/auth/link', { body: { email: user.email } }), 202);
  const mail = (await mailsTo(first, user.email)).at(-1)!;
  const right = /\b(\d{6})\b/.exec(mail.text)![1]!;
  const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, '0');
  await atOnce((app) => call(app, 'POST', '/auth/link/login', { body: { email: user.email, code: wrong } }));
  const [row] = await first.db.query<{ code_tries: number }>(
    `SELECT code_tries FROM one_time_tokens WHERE user_id = $1 AND purpose = 'sign_in'`,
    [user.id],
  );
  expect(row!.code_tries).toBe(5);
  const late = await call(second, 'POST', '/auth/link/login', { body: { email: user.email, code: right } });
  expect(late.body.code).toBe('code_invalid');
  await expectStatus(call(first, 'POST', '/auth/link/login', { body: { token: tokenIn(mail) } }), 200);
});
