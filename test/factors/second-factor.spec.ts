import { createHash } from 'node:crypto';
import { mailsTo, sendMails, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, registerConfirmed } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { addPasskey, claimsOf, codeOf, firstFactor, nextCode, registerWithApp, respond } from './factor-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('a sign-in of an account with an authenticator app', () => {
  it('ends in a challenge, and with the code in a session of two factors', async () => {
    const user = await registerWithApp(app);
    const { challenge, factors } = await firstFactor(app, user.email);
    expect(factors).toEqual(['totp', 'recovery_code']);
    const tokens = await expectStatus(respond(app, { challenge, code: codeOf(user, app) }), 200);
    expect(claimsOf(tokens)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    await expectStatus(call(app, 'GET', '/auth/me', { token: tokens.access_token }), 200);
  });

  it('a challenge is used once, and a code too', async () => {
    const user = await registerWithApp(app);
    const [first, second] = [await firstFactor(app, user.email), await firstFactor(app, user.email)];
    const code = codeOf(user, app);
    await expectStatus(respond(app, { challenge: first.challenge, code }), 200);
    await expectProblem(respond(app, { challenge: first.challenge, code }), 401, 'challenge_expired');
    await expectProblem(respond(app, { challenge: second.challenge, code }), 401, 'factor_invalid');
    nextCode(app);
    await expectStatus(respond(app, { challenge: second.challenge, code: codeOf(user, app) }), 200);
  });

  it('a challenge takes five responses; the sixth is not judged, even if it is right (attack: guessing codes)', async () => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email);
    const wrong = codeOf(user, app, 40);
    for (let i = 0; i < 5; i++) await expectProblem(respond(app, { challenge, code: wrong }), 401, 'factor_invalid');
    await expectProblem(respond(app, { challenge, code: codeOf(user, app) }), 401, 'challenge_expired');
    const another = await firstFactor(app, user.email);
    await expectStatus(respond(app, { challenge: another.challenge, code: codeOf(user, app) }), 200);
  });

  it('a challenge works for five minutes', async () => {
    const user = await registerWithApp(app);
    const [early, late] = [await firstFactor(app, user.email), await firstFactor(app, user.email)];
    app.clock.advanceSeconds(290);
    await expectStatus(respond(app, { challenge: early.challenge, code: codeOf(user, app) }), 200);
    app.clock.advanceSeconds(30);
    await expectProblem(respond(app, { challenge: late.challenge, code: codeOf(user, app) }), 401, 'challenge_expired');
  });

  it('what is no challenge is like one that has expired', async () => {
    for (const challenge of ['', 'x', `pwb1_${'A'.repeat(43)}`, `pwc1_${'A'.repeat(43)}`]) {
      await expectProblem(respond(app, { challenge, code: '123456' }), 401, 'challenge_expired');
    }
  });

  it('a response has exactly one factor, and its shape is checked', async () => {
    for (const rest of [
      {},
      { code: '12345' },
      { code: '1234567' },
      { code: '123456', recovery_code: 'x' },
      { pin: '1' },
    ]) {
      await expectProblem(respond(app, { challenge: 'x', ...rest }), 400, 'validation_failed');
    }
  });

  it('spaces in a code do not matter', async () => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email);
    const code = codeOf(user, app).replace(/^(...)/, '$1 ');
    await expectStatus(respond(app, { challenge, code }), 200);
  });

  it('the challenge is stored as its hash (attack: reading the database)', async () => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email);
    const rows = await app.db.query('SELECT * FROM sign_in_challenges WHERE user_id = $1', [user.tokens.user.id]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(challenge.slice(5));
  });

  it('nothing tells that the account has a factor before the first one was right', async () => {
    const user = await registerWithApp(app);
    const wrong = { email: user.email, password: 'not the password' };
    const [known, unknown] = [
      await expectProblem(call(app, 'POST', '/auth/login', { body: wrong }), 401, 'invalid_credentials'),
      await expectProblem(
        call(app, 'POST', '/auth/login', { body: { ...wrong, email: newEmail() } }),
        401,
        'invalid_credentials',
      ),
    ];
    expect({ ...known.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
  });
});

describe('an open challenge is void', () => {
  const changes: [string, (user: { id: string; email: string; token: string }) => Promise<unknown>][] = [
    [
      'after a change of the password',
      ({ token }) =>
        expectStatus(
          call(app, 'POST', '/auth/password', {
            token,
            body: { current_password: goodPassword, new_password: 'another horse battery staple' },
          }),
          200,
        ),
    ],
    [
      'after a reset of the password',
      async ({ email }) => {
        await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email } }), 202);
        const token = tokenIn((await mailsTo(app, email)).at(-1));
        const body = { token, password: 'another horse battery staple' };
        await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
      },
    ],
    [
      'after a change of the address',
      async ({ token }) => {
        const email = newEmail();
        const body = { email, password: goodPassword };
        await expectStatus(call(app, 'POST', '/auth/email', { token, body }), 202);
        const sent = tokenIn((await mailsTo(app, email)).at(-1));
        await expectStatus(
          call(app, 'POST', '/auth/email/verify', { body: { token: sent, password: goodPassword } }),
          204,
        );
      },
    ],
    ['after a sign-out everywhere', ({ token }) => expectStatus(call(app, 'POST', '/auth/logout-all', { token }), 204)],
    [
      'after an admin has disabled the account',
      ({ id }) => app.db.query('UPDATE users SET disabled = true, epoch = epoch + 1 WHERE id = $1', [id]),
    ],
    ['after the account was deleted', ({ id }) => app.db.query('DELETE FROM users WHERE id = $1', [id])],
  ];

  it.each(changes)('%s', async (_, change) => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email);
    await change({ id: user.tokens.user.id, email: user.email, token: user.tokens.access_token });
    await expectProblem(respond(app, { challenge, code: codeOf(user, app) }), 401, 'challenge_expired');
  });
});

describe('recovery codes', () => {
  it('ten are shown once, each signs in once, in any spelling', async () => {
    const user = await registerWithApp(app);
    expect(new Set(user.recoveryCodes).size).toBe(10);
    for (const code of user.recoveryCodes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
    const spelled = user.recoveryCodes[0]!.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O').replaceAll('1', 'l');
    const { challenge } = await firstFactor(app, user.email);
    const tokens = await expectStatus(respond(app, { challenge, recovery_code: spelled }), 200);
    expect(claimsOf(tokens)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    const again = await firstFactor(app, user.email);
    const used = { challenge: again.challenge, recovery_code: user.recoveryCodes[0]! };
    await expectProblem(respond(app, used), 401, 'factor_invalid');
    const list = await expectStatus(call(app, 'GET', '/auth/factors', { token: tokens.access_token }), 200);
    expect(list.recovery_codes_left).toBe(9);
  });

  it('of another account are refused', async () => {
    const [user, other] = [await registerWithApp(app), await registerWithApp(app)];
    const { challenge } = await firstFactor(app, user.email);
    const body = { challenge, recovery_code: other.recoveryCodes[0]! };
    await expectProblem(respond(app, body), 401, 'factor_invalid');
  });

  it('are stored as hashes (attack: reading the database)', async () => {
    const user = await registerWithApp(app);
    const rows = await app.db.query('SELECT * FROM recovery_codes WHERE user_id = $1', [user.tokens.user.id]);
    expect(rows).toHaveLength(10);
    for (const code of user.recoveryCodes) {
      expect(JSON.stringify(rows)).not.toContain(code.replaceAll('-', ''));
      // Salted: a guess at the codes of all users at once is no guess at these.
      const plain = createHash('sha256').update(code.replaceAll('-', '')).digest('hex');
      expect(rows.map(({ code_hash: hash }) => (hash as Buffer).toString('hex'))).not.toContain(plain);
    }
  });

  it('of before, whose hashes have no salt, still work once', async () => {
    const user = await registerWithApp(app);
    const hash = createHash('sha256').update('7k2m9xqd0fhw3tzc').digest();
    await app.db.query('INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, now())', [
      user.tokens.user.id,
      hash,
    ]);
    const use = async () => {
      const { challenge } = await firstFactor(app, user.email);
      return respond(app, { challenge, recovery_code: '7K2M-9XQD-0FHW-3TZC' });
    };
    await expectStatus(use(), 200);
    await expectProblem(use(), 401, 'factor_invalid');
  });

  it('each use is notified by email, and three that are left as a warning', async () => {
    const user = await registerWithApp(app);
    for (const recovery_code of user.recoveryCodes.slice(0, 7)) {
      const { challenge } = await firstFactor(app, user.email);
      await expectStatus(respond(app, { challenge, recovery_code }), 200);
      await sendMails(app);
      app.clock.advanceSeconds(120);
    }
    const subjects = (await mailsTo(app, user.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => /^A recovery code was used/.test(subject))).toHaveLength(6);
    expect(subjects.filter((subject) => /recovery codes .* are running out/.test(subject))).toHaveLength(1);
  });

  it('new ones void the earlier ones', async () => {
    const user = await registerWithApp(app);
    const token = user.tokens.access_token;
    const { recovery_codes: codes } = await expectStatus(
      call(app, 'POST', '/auth/factors/recovery-codes', { token }),
      201,
    );
    expect(codes).toHaveLength(10);
    const { challenge } = await firstFactor(app, user.email);
    const old = { challenge, recovery_code: user.recoveryCodes[0]! };
    await expectProblem(respond(app, old), 401, 'factor_invalid');
    await expectStatus(respond(app, { challenge, recovery_code: codes[0] }), 200);
  });

  it('new ones are notified by email (attack: a thief with a session who keeps a way in)', async () => {
    const user = await registerWithApp(app);
    await expectStatus(call(app, 'POST', '/auth/factors/recovery-codes', { token: user.tokens.access_token }), 201);
    const subjects = (await mailsTo(app, user.email)).map(({ subject }) => subject);
    expect(subjects).toContainEqual(expect.stringMatching(/^New recovery codes were created/));
  });

  it('are not created for an account without a factor', async () => {
    const { access_token: token } = await registerConfirmed(app);
    await expectProblem(call(app, 'POST', '/auth/factors/recovery-codes', { token }), 409, 'second_factor_missing');
  });
});

describe('where the tokens go', () => {
  it('into cookies, if the sign-in asked for that, and not if another site has the response sent (attack: login CSRF)', async () => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email, { delivery: 'cookie' });
    const body = { challenge, code: codeOf(user, app) };
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    await expectProblem(call(app, 'POST', '/auth/login/factor', { body, headers: foreign }), 403, 'csrf_rejected');
    const answer = await respond(app, body);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty('access_token');
    expect(answer.headers.getSetCookie().join()).toMatch(/__Host-pawl_access=[^;]+.*__Host-pawl_refresh=[^;]+/s);
  });

  it('the mark of a challenge cannot be changed (attack: cookies without the cross-site check)', async () => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email, { delivery: 'cookie' });
    const forged = challenge.replace('pwc1_', 'pwb1_');
    await expectProblem(respond(app, { challenge: forged, code: codeOf(user, app) }), 401, 'challenge_expired');
  });
});

describe('guesses at a factor', () => {
  it('delay codes on all instances, and neither the password, nor a recovery code, nor a passkey', async () => {
    const first = await startAppForTest({ env: { RATE_LIMITS: 'on' } });
    const second = await startAppForTest({ env: { RATE_LIMITS: 'on' }, database: first.db, clock: first.clock });
    const user = await registerWithApp(first);
    const { authenticator } = await addPasskey(first, user.tokens.access_token);
    const wrong = codeOf(user, first, 40);
    let limited = 0;
    for (let i = 0; i < 8; i++) {
      const instance = i % 2 === 0 ? first : second;
      const { challenge } = await firstFactor(instance, user.email);
      const { status, body } = await respond(instance, { challenge, code: wrong });
      expect(['factor_invalid', 'rate_limited']).toContain(body.code);
      if (status === 429) limited++;
    }
    expect(limited).toBeGreaterThan(0);
    const { challenge, passkey_options: options } = await firstFactor(second, user.email);
    await expectStatus(respond(second, { challenge, passkey: authenticator.get(options) }), 200);
    const again = await firstFactor(first, user.email);
    const body = { challenge: again.challenge, recovery_code: user.recoveryCodes[0]! };
    await expectStatus(respond(first, body), 200);
  });
});
