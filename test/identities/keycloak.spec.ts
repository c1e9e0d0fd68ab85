import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { newEmail } from '../support/http.js';
import { Browser, signInAsApp, signInWithCookies } from './browser.js';
import type { Upstream } from './upstream.js';
import { corpSettings, startUpstream } from './upstream.js';

/** What Keycloak puts into its ID tokens besides the claims of the standard. */
const extraClaims = [
  'typ',
  'session_state',
  'preferred_username',
  'realm_access',
  'resource_access',
  'email',
  'email_verified',
];

let upstream: Upstream;
let app: TestApp;
beforeAll(async () => {
  upstream = await startUpstream(
    { sub: 'ada' },
    {
      path: '/realms/main',
      tokenClaims: extraClaims,
      responseParameters: { session_state: '0f5b1a3e-6f3c-4a57-9a44-0c1b0a6a6a3c' },
    },
  );
  app = await startApp({ env: corpSettings(upstream, { PROVIDER_CORP_ROLE_CLAIM: 'groups', ROLES: 'editor' }) });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

function arrive(): string {
  const email = newEmail();
  upstream.person = {
    sub: email,
    email,
    email_verified: true,
    groups: ['editor'],
    typ: 'ID',
    session_state: '0f5b1a3e-6f3c-4a57-9a44-0c1b0a6a6a3c',
    preferred_username: 'ada',
    realm_access: { roles: ['offline_access', 'admin'] },
    resource_access: { account: { roles: ['manage-account'] } },
  };
  return email;
}

describe('a realm of Keycloak', () => {
  it('signs in: its issuer has a path, and its response and ID token say more than the standard', async () => {
    const email = arrive();
    const browser = new Browser(app);
    expect((await signInWithCookies(browser)).href).toBe('http://localhost:3000/done');
    const callback = new URL(browser.visited.find((url) => url.includes('/callback?'))!);
    expect(callback.searchParams.get('session_state')).toMatch(/^0f5b1a3e-/);
    expect(callback.searchParams.get('iss')).toBe(upstream.issuer);
    expect((await browser.call('GET', '/auth/session')).body.user).toMatchObject({ email, email_verified: true });
    expect(upstream.requests.filter((path) => !path.startsWith('/realms/main/'))).toEqual([]);
    const rows = await app.db.query('SELECT issuer FROM identities WHERE subject = $1', [email]);
    expect(rows).toEqual([{ issuer: upstream.issuer }]);
  });

  it('gives no role by a claim that is not named, such as realm_access', async () => {
    arrive();
    expect((await signInAsApp(new Browser(app))).body.user).toMatchObject({ role: 'editor' });
  });

  it('signs in after it has replaced its signing key, without a restart: one sign-in at most is refused', async () => {
    arrive();
    expect((await signInAsApp(new Browser(app))).status).toBe(200);
    for (let i = 0; i < 2; i++) {
      await upstream.rotateKeys();
      arrive();
      // The keys were fetched a moment ago, so they are not fetched again for this sign-in, but for the next one.
      expect((await signInAsApp(new Browser(app))).body).toEqual({ code: 'provider_invalid' });
      app.clock.advanceSeconds(6);
      const email = arrive();
      expect((await signInAsApp(new Browser(app))).body.user).toMatchObject({ email });
    }
  });

  it('is not asked for its keys by every token under an unknown one (attack: requests without end)', async () => {
    arrive();
    await upstream.rotateKeys();
    const fetches = () => upstream.requests.filter((path) => path.endsWith('/openid-configuration')).length;
    app.clock.advanceSeconds(6);
    await signInAsApp(new Browser(app));
    const before = fetches();
    for (let i = 0; i < 3; i++) {
      await upstream.rotateKeys();
      await signInAsApp(new Browser(app));
    }
    expect(fetches()).toBeLessThanOrEqual(before + 1);
  });
});
