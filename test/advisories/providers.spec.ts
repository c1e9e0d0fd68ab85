import { generateKeyPair, SignJWT } from 'jose';
import { Browser, newVerifier, signInAsApp, signInWithCookies } from '../identities/browser.js';
import type { ScriptedUpstream } from '../identities/scripted-upstream.js';
import { sendJson, startScriptedUpstream, unsecured } from '../identities/scripted-upstream.js';
import { corpSettings } from '../identities/upstream.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, newEmail, registerConfirmed } from '../support/http.js';

let upstream: ScriptedUpstream;
let other: ScriptedUpstream;
let app: TestApp;
beforeAll(async () => {
  [upstream, other] = [await startScriptedUpstream(), await startScriptedUpstream()];
  const env = {
    ...corpSettings(upstream),
    PROVIDERS: 'corp,other',
    PROVIDER_OTHER_ISSUER: other.issuer,
    PROVIDER_OTHER_CLIENT_ID: 'pawl-at-corp',
    PROVIDER_OTHER_CLIENT_SECRET: 'another secret of the client at the provider',
    PROVIDER_OTHER_NAME: 'Other',
  };
  app = await startApp({ env });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  await other.close();
});
beforeEach(() => {
  for (const one of [upstream, other]) one.reset();
  app.clock.advanceSeconds(3601); // metadata and keys are kept for an hour
  const email = newEmail();
  upstream.claims = { sub: email, email, email_verified: true };
});

const isCallback = ({ pathname }: URL) => pathname.endsWith('/callback');

/** Signs in, and expects neither a session nor an identity. */
async function expectNoSignIn(browser = new Browser(app)): Promise<void> {
  const end = await signInWithCookies(browser);
  expect(end.searchParams.get('error')).not.toBeNull();
  expect((await browser.call('GET', '/auth/session')).body).toEqual({ user: null });
  expect(await app.db.query('SELECT FROM identities WHERE subject = $1', [upstream.claims.sub])).toEqual([]);
}

it('CVE-2026-31813 (Supabase Auth): an ID token of another issuer, or under another key, signs nobody in', async () => {
  const { user } = await registerConfirmed(app);
  upstream.claims = { sub: 'attacker', email: user.email, email_verified: true, iss: other.issuer };
  await expectNoSignIn();
  const { privateKey } = await generateKeyPair('RS256');
  for (const header of [{ kid: 'one' }, { kid: 'mine' }, { kid: 'one', jku: `${other.issuer}/jwks` }]) {
    upstream.sign = (claims) =>
      new SignJWT({ ...claims, iss: upstream.issuer }).setProtectedHeader({ alg: 'RS256', ...header }).sign(privateKey);
    await expectNoSignIn();
  }
});

it('CVE-2023-22893 (Strapi): an ID token is verified, and an unsigned one is not believed', async () => {
  upstream.sign = unsecured;
  await expectNoSignIn();
  upstream.sign = (claims) => `${unsecured(claims)}${'A'.repeat(342)}`;
  await expectNoSignIn();
});

it('CVE-2026-73419 (Auth.js): a sign-in that began at one provider does not end at another', async () => {
  const browser = new Browser(app);
  const response = await browser.open('/auth/providers/corp/start?return_to=/done', isCallback);
  const elsewhere = response.href.replace('/providers/corp/', '/providers/other/');
  expect((await browser.open(elsewhere)).pathname).not.toBe('/done');
  expect((await browser.call('GET', '/auth/session')).body).toEqual({ user: null });
  expect(other.tokenRequests).toEqual([]);
});

it('CVE-2025-46815 (ZITADEL): what ends a sign-in with a provider ends it once', async () => {
  const browser = new Browser(app);
  const response = await browser.open('/auth/providers/corp/start?return_to=/done', isCallback);
  const [[name, flow] = ['', '']] = browser.cookies('__Host-pawl_provider');
  expect((await browser.open(response.href)).pathname).toBe('/done');
  const thief = new Browser(app);
  thief.setCookie(name, flow);
  await thief.open(response.href);
  expect((await thief.call('GET', '/auth/session')).body).toEqual({ user: null });

  const { verifier, challenge } = newVerifier();
  const end = await browser.open(`/auth/providers/corp/start?code_challenge=${challenge}&return_to=/done`);
  const body = { code: end.searchParams.get('code'), verifier };
  const exchanges = await Promise.all(
    Array.from({ length: 10 }, () => call(app, 'POST', '/auth/providers/exchange', { body })),
  );
  expect(exchanges.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(400)]);
});

it('CVE-2024-28239 (Directus): a sign-in with a provider does not end on a site that the link has chosen', async () => {
  for (const target of [
    'https://evil.example',
    '//evil.example',
    'http://localhost:3000.evil.example',
    '/\\evil.example',
  ]) {
    const path = `/auth/providers/corp/start?return_to=${encodeURIComponent(target)}`;
    await expectProblem(call(app, 'GET', path), 400, 'validation_failed');
  }
  const path = '/auth/providers/corp/start?redirect=https%3A%2F%2Fevil.example&return_to=/done';
  const { headers } = await call(app, 'GET', path);
  expect(headers.get('location') ?? '').not.toContain('evil.example');
});

it('CVE-2026-14781 (Keycloak): an address is verified only where the provider says so of that address', async () => {
  const { user: victim } = await registerConfirmed(app);
  const email = newEmail();
  upstream.metadata = { userinfo_endpoint: `${upstream.issuer}/userinfo` };
  upstream.claims = { sub: 'attacker-14781', email, email_verified: true };
  upstream.handlers.set('/userinfo', (_request, response) =>
    sendJson(response, { sub: 'attacker-14781', email: victim.email }),
  );
  const { body } = await signInAsApp(new Browser(app));
  expect(body.user?.id).not.toBe(victim.id);
  expect(body.user?.email).not.toBe(victim.email);
});

it('CVE-2026-9087 (Keycloak): a second account at the provider does not enter by the proof of the first', async () => {
  const { user: victim } = await registerConfirmed(app);
  upstream.claims = { sub: 'victim-9087', email: victim.email, email_verified: true };
  expect((await signInAsApp(new Browser(app))).body.user.id).toBe(victim.id);
  for (const verified of [false, undefined, null, 'false', 'yes', 2]) {
    upstream.claims = { sub: 'attacker-9087', email: victim.email, email_verified: verified };
    expect((await signInAsApp(new Browser(app))).body).toMatchObject({ code: 'account_exists' });
  }
});
