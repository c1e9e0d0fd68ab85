import { CookieJar, cookiesOf } from '../auth/cookies.js';
import type { AppUser } from '../factors/factor-story.js';
import {
  addApp,
  addPasskey,
  claimsOf,
  codeOf,
  firstFactor,
  nextCode,
  registerWithApp,
  respond,
} from '../factors/factor-story.js';
import { SoftwareAuthenticator } from '../factors/software-authenticator.js';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, refresh, registerConfirmed } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** A code that is not the one of this step, nor of the steps beside it. */
function wrongCode(user: AppUser, on: TestApp): string {
  const right = [-1, 0, 1, 2].map((later) => codeOf(user, on, later));
  return ['000000', '111111', '222222', '333333', '444444'].find((code) => !right.includes(code))!;
}

describe('the first factor', () => {
  it('GHSA-xg6x-h9c9-2m83 (better-auth): opens nothing by itself, neither by a cookie nor by a token', async () => {
    const user = await registerWithApp(app);
    for (const delivery of ['body', 'cookie']) {
      const body = { email: user.email, password: goodPassword, delivery };
      const response = await expectProblem(call(app, 'POST', '/auth/login', { body }), 401, 'second_factor_required');
      expect(cookiesOf(response)).toEqual({});
      expect(Object.keys(response.body as object)).not.toEqual(expect.arrayContaining(['access_token']));
      const { challenge } = response.body as { challenge: string };
      await expectProblem(call(app, 'GET', '/auth/me', { token: challenge }), 401, 'token_invalid');
      expect((await refresh(app, challenge)).status).toBe(401);
      const jar = new CookieJar(app);
      jar.keep(response);
      expect((await jar.send({ path: '/auth/session' })).body).toEqual({ user: null });
    }
  });

  it('CVE-2024-45042 (Ory Kratos): a code by email does not replace the second factor', async () => {
    const user = await registerWithApp(app);
    await expectStatus(call(app, 'POST', '/auth/link', { body: { email: user.email } }), 202);
    const mail = (await mailsTo(app, user.email)).at(-1)!;
    const body = { token: tokenIn(mail) };
    const { body: problem } = await expectProblem(
      call(app, 'POST', '/auth/link/login', { body }),
      401,
      'second_factor_required',
    );
    const tokens = await expectStatus(respond(app, { challenge: problem.challenge, code: codeOf(user, app) }), 200);
    expect(claimsOf(tokens).acr).toBe('aal2');
  });

  it('CVE-2025-64103 (ZITADEL): a session of one factor does not pass for one of two once the account has two', async () => {
    const tokens = await registerConfirmed(app);
    const before = await login(app, tokens.user.email);
    await addApp(app, tokens);
    // What the session of before still opens, it opens with one factor: no change of the account.
    const again = await refresh(app, before.refresh_token);
    const token = again.status === 200 ? (again.body.access_token as string) : before.access_token;
    const body = { challenge: 'x', passkey: {}, name: 'x' };
    expect((await call(app, 'POST', '/auth/factors/passkeys', { token, body })).status).toBeGreaterThanOrEqual(400);
    expect((await call(app, 'POST', '/auth/factors/recovery-codes', { token })).status).toBe(401);
    expect((await call(app, 'POST', '/auth/factors/passkeys/options', { token, body: {} })).status).toBe(401);
  });

  it('CVE-2025-3910 (Keycloak): a role that needs a second factor opens nothing but enrolment without it', async () => {
    const strict = await startAppForTest({ env: { MFA_REQUIRED_ROLES: 'user' } });
    const tokens = await registerConfirmed(strict);
    const { access_token: token } = tokens;
    for (const [method, path, body] of [
      ['GET', '/notes'],
      ['POST', '/notes', { title: 'x' }],
      ['GET', '/auth/sessions'],
      ['PATCH', '/auth/me', { name: 'x' }],
      ['POST', '/auth/email', { email: 'x@example.com', password: goodPassword }],
      ['POST', '/auth/me/delete', { password: goodPassword }],
    ] as const) {
      await expectProblem(call(strict, method, path, { token, body }), 403, 'factor_enrolment_required');
    }
    const user = await addApp(strict, tokens);
    await expectStatus(call(strict, 'GET', '/notes', { token: user.tokens.access_token }), 200);
  });
});

describe('guesses at a second factor', () => {
  it('CVE-2024-32868 (ZITADEL): a challenge ends after five wrong codes, and then not even the right one counts', async () => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email);
    for (let i = 0; i < 5; i++) {
      expect((await respond(app, { challenge, code: wrongCode(user, app) })).status).toBe(401);
    }
    await expectProblem(respond(app, { challenge, code: codeOf(user, app) }), 401, 'challenge_expired');
  });

  it('CVE-2025-64102 (ZITADEL): nor do new challenges give new guesses without end', async () => {
    const env = { RATE_LIMITS: 'on', LIMIT_ACCOUNT_FAILURES: '3/1d', LIMIT_ADDRESS_FAILURES: 'off' };
    const limited = await startAppForTest({ env });
    const user = await registerWithApp(limited);
    const statuses: number[] = [];
    for (let i = 0; i < 12 && !statuses.includes(429); i++) {
      const first = await call(limited, 'POST', '/auth/login', { body: { email: user.email, password: goodPassword } });
      statuses.push(first.status);
      if (first.status !== 401) break;
      statuses.push(
        (await respond(limited, { challenge: first.body.challenge, code: wrongCode(user, limited) })).status,
      );
    }
    expect(statuses).toContain(429);
  });
});

describe('adding and removing factors', () => {
  it('GHSA-4vcf-q4xf-f48m (better-auth): nobody removes or renames the passkey of another user', async () => {
    const [owner, other] = [await registerConfirmed(app), await registerConfirmed(app)];
    const { added } = await addPasskey(app, owner.access_token);
    const token = other.access_token;
    await expectProblem(call(app, 'DELETE', `/auth/factors/${added.id}`, { token }), 404, 'not_found');
    const renamed = call(app, 'PATCH', `/auth/factors/${added.id}`, { token, body: { name: 'Mine' } });
    await expectProblem(renamed, 404, 'not_found');
    const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token: added.access_token }), 200);
    expect(factors).toMatchObject([{ id: added.id, name: 'Laptop' }]);
  });

  it('CVE-2021-3632 (Keycloak): nobody adds a passkey to an account without being signed in to it', async () => {
    const [victim, attacker] = [await registerConfirmed(app), await registerConfirmed(app)];
    await expectProblem(call(app, 'POST', '/auth/factors/passkeys/options', { body: {} }), 401, 'token_missing');
    const token = attacker.access_token;
    for (const body of [{ user_id: victim.user.id }, { email: victim.user.email }]) {
      await expectProblem(
        call(app, 'POST', '/auth/factors/passkeys/options', { token, body }),
        400,
        'validation_failed',
      );
    }
    // A challenge that was made for the attacker does not add the attacker's passkey to the victim's account.
    const { challenge, options } = await expectStatus(
      call(app, 'POST', '/auth/factors/passkeys/options', { token, body: {} }),
      200,
    );
    const passkey = new SoftwareAuthenticator().create(options);
    const body = { challenge, passkey, name: 'x' };
    const asVictim = await call(app, 'POST', '/auth/factors/passkeys', { token: victim.access_token, body });
    expect(asVictim.status).toBeGreaterThanOrEqual(400);
    const path = '/auth/factors';
    const { factors } = await expectStatus(call(app, 'GET', path, { token: victim.access_token }), 200);
    expect(factors).toEqual([]);
    await addPasskey(app, token); // to the own account, with the same kind of request
  });

  it('CVE-2023-3597 (Keycloak): a thief with the password cannot add a factor of their own instead of showing the first', async () => {
    const user = await registerWithApp(app);
    const { challenge } = await firstFactor(app, user.email);
    await expectProblem(call(app, 'POST', '/auth/factors/totp', { token: challenge }), 401, 'token_invalid');
    // A stolen session and the password are not enough either, once the sign-in is no longer fresh.
    app.clock.advanceSeconds(301);
    const { access_token: token } = user.tokens;
    await expectProblem(call(app, 'POST', '/auth/factors/totp', { token }), 401, 'insufficient_user_authentication');
    await expectProblem(
      call(app, 'POST', '/auth/step-up', { token, body: { password: goodPassword } }),
      401,
      'second_factor_required',
    );
    const body = { code: codeOf(user, app) };
    const stronger = await expectStatus(call(app, 'POST', '/auth/step-up', { token, body }), 200);
    expect(claimsOf(stronger).acr).toBe('aal2');
    nextCode(app);
  });

  it('CVE-2023-6787 (Keycloak): a session is not confirmed by what another user proves', async () => {
    const [victim, attacker] = [await registerWithApp(app), await registerWithApp(app)];
    app.clock.advanceSeconds(301);
    const { access_token: token } = victim.tokens;
    for (const body of [{ code: codeOf(attacker, app) }, { password: 'the password of somebody else' }]) {
      const { status } = await call(app, 'POST', '/auth/step-up', { token, body });
      expect([400, 401, 403]).toContain(status);
    }
    const other = await registerConfirmed(app);
    const { authenticator } = await addPasskey(app, other.access_token);
    const presented = async () => {
      const { challenge, options } = await expectStatus(call(app, 'POST', '/auth/passkeys/options', { body: {} }), 200);
      return { challenge, passkey: authenticator.get(options) };
    };
    await expectStatus(call(app, 'POST', '/auth/passkeys/login', { body: await presented() }), 200); // its owner
    const body = await presented();
    expect((await call(app, 'POST', '/auth/step-up', { token, body })).status).toBeGreaterThanOrEqual(400);
    await expectProblem(call(app, 'POST', '/auth/factors/totp', { token }), 401, 'insufficient_user_authentication');
  });
});
