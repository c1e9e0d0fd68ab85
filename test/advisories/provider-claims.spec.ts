import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { registerWithApp } from '../factors/factor-story.js';
import { Browser, signInAsApp, signInWithCookies } from '../identities/browser.js';
import type { ScriptedUpstream } from '../identities/scripted-upstream.js';
import { sendJson, startScriptedUpstream } from '../identities/scripted-upstream.js';
import { corpSettings } from '../identities/upstream.js';
import { newClient, serviceToken } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, goodPassword, makeAdmin, newEmail, registerConfirmed } from '../support/http.js';

let upstream: ScriptedUpstream;
let app: TestApp;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const env = {
    ...corpSettings(upstream),
    PROVIDERS: 'corp,microsoft',
    PROVIDER_CORP_KEEP_TOKENS: 'on',
    PROVIDER_MICROSOFT_ISSUER: upstream.issuer,
    PROVIDER_MICROSOFT_CLIENT_ID: 'pawl-at-corp',
    PROVIDER_MICROSOFT_CLIENT_SECRET: 'the secret of the client at Microsoft',
  };
  app = await startApp({ env });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.reset();
  app.clock.advanceSeconds(3601); // metadata and keys are kept for an hour
});

const identitiesOf = (subject: unknown) =>
  app.db.query<{ user_id: string }>('SELECT user_id FROM identities WHERE subject = $1', [subject]);

/** Somebody new at the provider, whose ID token has these claims. */
function arrive(claims: Record<string, unknown>): string {
  const sub = newEmail();
  upstream.claims = { sub, ...claims };
  return sub;
}

async function expectRefusal(code: string, id = 'corp'): Promise<void> {
  expect((await signInAsApp(new Browser(app), { id })).body).toEqual(expect.objectContaining({ code }));
  expect(await identitiesOf(upstream.claims.sub)).toEqual([]);
}

/** A server on this machine that nothing of ours may reach. */
async function forbiddenServer() {
  let connections = 0;
  const server = createServer((_request, response) => sendJson(response, { sub: upstream.claims.sub }));
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, connections: () => connections, close };
}

describe('the ID token', () => {
  it('CVE-2026-15612 (Logto): one without a nonce is refused, as it may be of another sign-in', async () => {
    arrive({ email: newEmail(), email_verified: true, nonce: undefined });
    await expectRefusal('provider_invalid');
    for (const nonce of ['', null, []]) {
      upstream.claims.nonce = nonce;
      await expectRefusal('provider_invalid');
    }
  });

  it('CVE-2020-12676 (FusionAuth): one whose signature was taken away is refused', async () => {
    const { user } = await registerConfirmed(app);
    const sign = upstream.sign;
    for (const cut of [
      (token: string) => token.slice(0, token.lastIndexOf('.') + 1),
      (token: string) => token.slice(0, token.lastIndexOf('.')),
    ]) {
      arrive({ email: user.email, email_verified: true });
      upstream.sign = async (claims) => cut(await sign(claims));
      await expectRefusal('provider_invalid');
    }
  });

  it('CVE-2026-123802 (SuperTokens): nobody signs in with what was issued to another client', async () => {
    const { user } = await registerConfirmed(app);
    arrive({ email: user.email, email_verified: true });
    for (const claims of [
      { aud: 'another client' },
      { aud: ['another client'] },
      { aud: ['another client', 'pawl-at-corp'], azp: 'another client' },
      { aud: 'pawl-at-corp2' },
      { aud: undefined },
    ]) {
      Object.assign(upstream.claims, { azp: undefined, ...claims });
      await expectRefusal('provider_invalid');
    }
  });

  it('CVE-2021-41580 (passport-oauth2): a response without a token signs nobody in, though its status is 200', async () => {
    arrive({ email: newEmail(), email_verified: true });
    for (const body of [
      { error: 'invalid_grant' },
      {},
      { access_token: '' },
      { access_token: 'at', token_type: 'Bearer' },
    ]) {
      upstream.handlers.set('/token', (_request, response) => sendJson(response, body));
      const end = await signInWithCookies(new Browser(app));
      expect(end.searchParams.get('error')).toMatch(/^provider_(invalid|unavailable)$/);
      expect(await identitiesOf(upstream.claims.sub)).toEqual([]);
    }
  });
});

describe('an account that exists', () => {
  it('CVE-2026-15611 (Logto): is not opened by its address at a provider that does not vouch for it', async () => {
    const { user } = await registerConfirmed(app);
    for (const email_verified of [undefined, false, 'false', null, 0, 'no']) {
      arrive({ email: user.email, email_verified });
      await expectRefusal('account_exists');
    }
  });

  it('CVE-2026-55216 (Logto): nor by what the admin of some tenant at Microsoft has written', async () => {
    const { user } = await registerConfirmed(app);
    for (const xms_edov of [undefined, false, '0', 0]) {
      arrive({ email: user.email, email_verified: true, tid: 'a tenant of the attacker', xms_edov });
      await expectRefusal('account_exists', 'microsoft');
    }
  });

  it('CVE-2026-41574 (Nhost): nor by a name of an account that looks like its address', async () => {
    const { user } = await registerConfirmed(app);
    for (const id of ['corp', 'microsoft']) {
      arrive({
        upn: user.email,
        preferred_username: user.email,
        unique_name: user.email,
        verified: true,
        xms_edov: true,
      });
      await expectRefusal('provider_email_missing', id);
      arrive({ upn: user.email, preferred_username: user.email, email: newEmail(), email_verified: true });
      const { body } = await signInAsApp(new Browser(app), { id });
      expect(body.user.email).toBe(upstream.claims.email);
    }
  });

  it('CVE-2026-15617 (Logto): is found whatever the case of its address, and no second one is made', async () => {
    const { user } = await registerConfirmed(app);
    const spellings = [user.email.toUpperCase(), user.email.replace('@example.com', '@EXAMPLE.com')];
    for (const email of spellings) {
      arrive({ email, email_verified: false });
      await expectRefusal('account_exists');
      await expectProblem(
        call(app, 'POST', '/auth/register', { body: { email, password: goodPassword } }),
        409,
        'email_taken',
      );
      const sub = arrive({ email, email_verified: true });
      expect((await signInAsApp(new Browser(app))).body.user).toMatchObject({ id: user.id });
      expect(await identitiesOf(sub)).toEqual([{ user_id: user.id }]);
    }
  });

  it('CVE-2026-15616 (Logto): keeps its second factor, though the provider has signed the person in', async () => {
    const { email, tokens } = await registerWithApp(app);
    arrive({ email, email_verified: true, amr: ['mfa', 'otp'], acr: 'aal2' });
    for (let i = 0; i < 2; i++) {
      const { status, body } = await signInAsApp(new Browser(app));
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'second_factor_required' });
      expect(body).not.toHaveProperty('access_token');
    }
    const live = 'SELECT FROM sessions WHERE user_id = $1 AND revoked_at IS NULL';
    expect(await app.db.query(live, [tokens.user.id])).toHaveLength(1); // that of the registration
  });
});

describe('what a provider holds', () => {
  it('CVE-2026-63203 (Logto): its kept tokens need a scope of their own, which no token of a user has', async () => {
    arrive({ email: newEmail(), email_verified: true });
    const { body: tokens } = await signInAsApp(new Browser(app));
    const admin = await makeAdmin(app);
    const path = `/oauth/provider-tokens?user_id=${tokens.user.id}&provider=corp`;
    for (const token of [tokens.access_token, admin.access_token]) {
      await expectProblem(call(app, 'GET', path, { token }), 403, 'client_required');
    }
    for (const scope of ['', 'account', 'account admin revocations']) {
      const token = await serviceToken(app, await newClient(app, admin, { scope }));
      await expectProblem(call(app, 'GET', path, { token }), 403, 'insufficient_scope');
    }
    const identities = await call(app, 'GET', '/auth/identities', { token: tokens.access_token });
    expect(JSON.stringify(identities.body)).not.toContain('access_token');
  });

  it('CVE-2026-56739 (Logto): no endpoint that it names is asked in a private network', async () => {
    const server = await forbiddenServer();
    try {
      for (const host of ['127.0.0.2', 'localhost', '[::ffff:127.0.0.2]', '2130706434', '0177.0.0.2']) {
        for (const scheme of ['http', 'https']) {
          app.clock.advanceSeconds(3601);
          upstream.metadata = { userinfo_endpoint: `${scheme}://${host}:${server.port}/userinfo` };
          arrive({ email_verified: true }); // the address is asked for at UserInfo
          const end = await signInWithCookies(new Browser(app));
          expect(end.searchParams.get('error')).toMatch(/^provider_(invalid|unavailable)$/);
        }
      }
      expect(server.connections()).toBe(0);
    } finally {
      await server.close();
    }
  });

  it('GHSA-hxgx-584x-vwm8 (Appwrite): no URL that a caller names is fetched', async () => {
    const server = await forbiddenServer();
    try {
      const url = `http://127.0.0.2:${server.port}/image.png`;
      const { access_token: token } = await registerConfirmed(app);
      const body = { name: url, picture: url, avatar: url };
      await expectProblem(call(app, 'PATCH', '/auth/me', { token, body }), 400, 'validation_failed');
      expect((await call(app, 'PATCH', '/auth/me', { token, body: { name: url } })).status).toBe(200);
      for (const name of ['return_to', 'url', 'issuer', 'redirect_uri']) {
        await call(app, 'GET', `/auth/providers/corp/start?${name}=${encodeURIComponent(url)}`);
      }
      arrive({ email: newEmail(), email_verified: true, picture: url, profile: url, jku: url });
      expect((await signInAsApp(new Browser(app))).status).toBe(200);
      expect(server.connections()).toBe(0);
    } finally {
      await server.close();
    }
  });
});
