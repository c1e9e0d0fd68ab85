import { tmpdir } from 'node:os';
import { codeOf, firstFactor, registerWithApp, respond } from '../factors/factor-story.js';
import { runPawl } from '../keys/command.js';
import { mailsTo } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, login, newEmail, refresh } from '../support/http.js';
import { until } from '../support/until.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const users = (...args: string[]) =>
  runPawl(['users', ...args], { env: { DATABASE_URL: app.db.url }, input: '', folder: tmpdir() });

describe('pawl users', () => {
  it('factors shows what the user has, and no secret', async () => {
    const user = await registerWithApp(app);
    const shown = await users('factors', user.email);
    expect(shown).toMatchObject({ code: 0, errors: '' });
    expect(shown.out).toMatch(/totp.*\n10 recovery codes are left\.\n$/s);
    const json = JSON.parse((await users('factors', user.email, '--json')).out);
    expect(json).toEqual({
      factors: [expect.objectContaining({ type: 'totp', name: null })],
      recovery_codes_left: 10,
    });
    expect(Object.keys(json.factors[0]).sort()).toEqual(['created_at', 'id', 'last_used_at', 'name', 'type']);
    expect((await users('factors', newEmail())).code).toBe(1);
  });

  it('export names the user and the factor of a damaged authenticator app, and what to do', async () => {
    const user = await registerWithApp(app);
    const [row] = await app.db.query<{ id: string }>(
      'UPDATE totp_secrets SET secret_sealed = sha256(secret_sealed) WHERE user_id = $1 RETURNING id',
      [user.tokens.user.id],
    );
    const args = ['export', '--with-second-factors'];
    const failed = await users(...args);
    expect(failed.code).toBe(1);
    expect(failed.errors).toContain(`authenticator app ${row!.id} of user ${user.tokens.user.id} is damaged`);
    expect(failed.errors).not.toMatch(/\n\s+at /);
    await app.db.query(/DELETE FROM totp_secrets WHERE id = '[-0-9a-f]+'/.exec(failed.errors)![0]);
    expect((await users(...args)).code).toBe(0);
  });

  it('reset-factors needs --yes, ends every session, voids open sign-ins, notifies the user and is audited', async () => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email);
    const asked = await users('reset-factors', user.email);
    expect(asked.code).toBe(1);
    expect(asked.errors).toMatch(/--yes/);
    await firstFactor(app, user.email);

    expect(await users('reset-factors', user.email, '--yes')).toMatchObject({ code: 0, errors: '' });
    await expectProblem(respond(app, { challenge, code: codeOf(user, app) }), 401, 'challenge_expired');
    await expectProblem(refresh(app, user.tokens.refresh_token), 401, 'session_revoked');
    await until(async () => (await call(app, 'GET', '/auth/me', { token: user.tokens.access_token })).status === 401);
    await login(app, user.email);
    expect((await mailsTo(app, user.email)).at(-1)!.subject).toMatch(/second factor was removed/);
    const [event] = await app.db.query(
      `SELECT * FROM audit_events WHERE event = 'factor.reset' ORDER BY id DESC LIMIT 1`,
    );
    expect(event).toMatchObject({
      subject_user_id: user.tokens.user.id,
      actor_user_id: null,
      details: { count: 1, by: 'operator' },
    });
  });
});
