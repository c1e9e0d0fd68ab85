import { randomUUID } from 'node:crypto';
import { codeOf, firstFactor, registerWithApp, respond } from '../factors/factor-story.js';
import { mailsTo } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, login, makeAdmin, refresh, register } from '../support/http.js';
import { until } from '../support/until.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const reset = (token: string, id: string) => call(app, 'DELETE', `/users/${id}/factors`, { token });

describe('DELETE /users/{id}/factors', () => {
  it('removes the factors, ends every session, voids open sign-ins, notifies the user and is audited', async () => {
    const admin = await makeAdmin(app);
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email);
    await expectStatus(reset(admin.access_token, user.tokens.user.id), 204);
    await expectProblem(respond(app, { challenge, code: codeOf(user, app) }), 401, 'challenge_expired');
    await expectProblem(refresh(app, user.tokens.refresh_token), 401, 'session_revoked');
    await until(async () => (await call(app, 'GET', '/auth/me', { token: user.tokens.access_token })).status === 401);
    await login(app, user.email);
    expect((await mailsTo(app, user.email)).at(-1)!.subject).toMatch(/second factor was removed/);
    const [event] = await app.db.query(
      `SELECT * FROM audit_events WHERE event = 'factor.reset' AND subject_user_id = $1`,
      [user.tokens.user.id],
    );
    expect(event).toMatchObject({ actor_user_id: admin.user.id, details: { count: 1 } });
  });

  it('needs a recent sign-in, of others’ factors and of one’s own (attack: a stolen session of an admin)', async () => {
    const { access_token: token, user: admin } = await makeAdmin(app);
    const user = await registerWithApp(app);
    app.clock.advanceSeconds(301);
    const renewed = (await expectStatus(refresh(app, (await login(app, admin.email)).refresh_token), 200)) as {
      access_token: string;
    };
    for (const id of [user.tokens.user.id, admin.id]) {
      await expectProblem(reset(token, id), 401, 'insufficient_user_authentication');
    }
    await firstFactor(app, user.email);
    await expectStatus(reset(renewed.access_token, user.tokens.user.id), 204);
  });

  it('needs the second factor of the admin, if there is one (attack: the password of an admin alone)', async () => {
    const { access_token: token, user: admin } = await makeAdmin(app);
    await app.db.query('UPDATE users SET second_factor = true WHERE id = $1', [admin.id]);
    await expectProblem(reset(token, admin.id), 401, 'insufficient_user_authentication');
  });

  it('is for admins, and for users that exist', async () => {
    const { access_token: token, user } = await register(app);
    await expectProblem(reset(token, user.id), 403, 'forbidden');
    await expectProblem(reset((await makeAdmin(app)).access_token, randomUUID()), 404, 'not_found');
  });
});
