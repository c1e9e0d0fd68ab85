import { exportPKCS8, exportSPKI, generateKeyPair, importSPKI, jwtVerify, SignJWT } from 'jose';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { Browser, signInAsApp, signInWithCookies } from './browser.js';
import type { ScriptedUpstream } from './scripted-upstream.js';
import { sendJson, startScriptedUpstream } from './scripted-upstream.js';
import { corpSettings } from './upstream.js';

let upstream: ScriptedUpstream;
let app: TestApp;
let applePublicKey: string;
const lineSecret = 'the channel secret of the LINE channel';

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  applePublicKey = await exportSPKI(publicKey);
  const { issuer } = upstream;
  const ids = ['google', 'microsoft', 'apple', 'kakao', 'line', 'github', 'naver'];
  const each = ids.map((id) => {
    const prefix = `PROVIDER_${id.toUpperCase()}`;
    const secret = id === 'line' ? lineSecret : 'the client secret';
    return {
      [`${prefix}_ISSUER`]: issuer,
      [`${prefix}_CLIENT_ID`]: 'pawl-at-corp',
      [`${prefix}_CLIENT_SECRET`]: secret,
    };
  });
  app = await startApp({
    env: Object.assign(
      {
        PROVIDERS: ids.join(),
        PROVIDER_APPLE_TEAM_ID: 'TEAM123456',
        PROVIDER_APPLE_KEY_ID: 'KEY1234567',
        // As people write a PEM into one line.
        PROVIDER_APPLE_PRIVATE_KEY: (await exportPKCS8(privateKey)).replaceAll('\n', '\\n'),
      },
      ...each,
    ) as NodeJS.ProcessEnv,
  });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.reset();
  app.clock.advanceSeconds(3601);
});

interface SignedIn {
  user: { email: string; email_verified: boolean; name: string | null };
}

/** Signs in as somebody new, and returns the user or the error. */
async function signIn(id: string): Promise<SignedIn> {
  return (await signInAsApp(new Browser(app), { id })).body as SignedIn;
}

describe('GitHub', () => {
  const github = (emails: object[], user: object) => {
    upstream.handlers.set('/login/oauth/authorize', upstream.usual['/authorize']!);
    upstream.handlers.set('/login/oauth/access_token', (request, response, body) => {
      upstream.tokenRequests.push({ body, authorization: request.headers.authorization });
      sendJson(response, { access_token: 'gho_1', token_type: 'bearer', scope: 'read:user,user:email' });
    });
    upstream.handlers.set('/api/v3/user', (request, response) => {
      if (request.headers.authorization === 'Bearer gho_1') sendJson(response, user);
      else sendJson(response, {}, 401);
    });
    upstream.handlers.set('/api/v3/user/emails', (_request, response) => sendJson(response, emails));
  };
  const id = () => Math.floor(Math.random() * 1e9) + 1;

  it('signs in with the primary address, if GitHub has verified it', async () => {
    const [primary, other] = [newEmail(), newEmail()];
    const emails = [
      { email: other, primary: false, verified: true },
      { email: primary, primary: true, verified: true },
    ];
    github(emails, { id: id(), login: 'ada', name: 'Ada', email: other });
    expect((await signIn('github')).user).toMatchObject({ email: primary, email_verified: true, name: 'Ada' });
    expect(upstream.tokenRequests[0]!.body.get('code_verifier')).toMatch(/^[\w-]{43,}$/);
  });

  it('does not take an unverified primary address for proven', async () => {
    const email = newEmail();
    github([{ email, primary: true, verified: false }], { id: id(), login: 'ada' });
    expect((await signIn('github')).user).toMatchObject({ email, email_verified: false });
  });

  it('knows people by their number, not by their name (attack: a name that was given up and taken by somebody else)', async () => {
    const [first, second] = [newEmail(), newEmail()];
    github([{ email: first, primary: true, verified: true }], { id: id(), login: 'ada' });
    expect((await signIn('github')).user.email).toBe(first);
    github([{ email: second, primary: true, verified: true }], { id: id(), login: 'ada' });
    expect((await signIn('github')).user.email).toBe(second);
  });

  it('refuses an API that says something else, or an error with status 200', async () => {
    github([], { id: 'not a number', login: 'ada' });
    expect(await signIn('github')).toEqual({ code: 'provider_invalid' });
    github([], { id: id(), login: 'ada' });
    upstream.handlers.set('/login/oauth/access_token', (_request, response) => {
      sendJson(response, { error: 'bad_verification_code' });
    });
    const { search } = await signInWithCookies(new Browser(app), 'github');
    expect(search).toMatch(/^\?error=provider_(invalid|unavailable)$/);
  });
});

it('Naver signs in, and its address never counts as proven', async () => {
  const email = newEmail();
  upstream.handlers.set('/oauth2.0/authorize', upstream.usual['/authorize']!);
  upstream.handlers.set('/oauth2.0/token', (_request, response) => {
    sendJson(response, { access_token: 'AAAA', refresh_token: 'c8ce', token_type: 'bearer', expires_in: '3600' });
  });
  upstream.handlers.set('/v1/nid/me', (_request, response) => {
    sendJson(response, { resultcode: '00', message: 'success', response: { id: email, email, name: '아다' } });
  });
  expect((await signIn('naver')).user).toMatchObject({ email, email_verified: false, name: '아다' });
});

describe('Apple', () => {
  it('gets a client secret that we sign, and its response as a form is sent on with a GET', async () => {
    const email = newEmail();
    upstream.claims = { sub: email, email, email_verified: 'true' };
    upstream.metadata = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
    const browser = new Browser(app);
    const response = await browser.open('/auth/providers/apple/start?return_to=/done', ({ pathname }) =>
      pathname.endsWith('/callback'),
    );
    const asked = new URL(browser.visited.find((url) => url.includes('/authorize'))!).searchParams;
    expect(asked.get('response_mode')).toBe('form_post');
    // What Apple's page does: a form of another site, to which browsers add no cookie of ours.
    const form = new URLSearchParams(response.searchParams);
    form.set('user', JSON.stringify({ name: { firstName: 'Ada' } }));
    const posted = await new Browser(app).request('POST', response.pathname, form, {
      origin: 'https://appleid.apple.com',
      'sec-fetch-site': 'cross-site',
    });
    expect(posted.status).toBe(303);
    expect(posted.headers.getSetCookie()).toEqual([]);
    const location = posted.headers.get('location')!;
    expect(location).not.toContain('user');
    expect((await browser.open(location)).href).toBe('http://localhost:3000/done');
    expect((await browser.call('GET', '/auth/session')).body.user).toMatchObject({ email, email_verified: true });

    const secret = upstream.tokenRequests[0]!.body.get('client_secret')!;
    const { payload, protectedHeader } = await jwtVerify(secret, await importSPKI(applePublicKey, 'ES256'));
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: 'KEY1234567' });
    expect(payload).toMatchObject({ iss: 'TEAM123456', sub: 'pawl-at-corp', aud: upstream.issuer });
  });
});

describe('LINE', () => {
  const signWith = (secret: string) => (claims: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

  it('signs ID tokens with the channel secret', async () => {
    const email = newEmail();
    upstream.claims = { sub: email, email };
    upstream.sign = signWith(lineSecret);
    expect((await signIn('line')).user).toMatchObject({ email, email_verified: false });
  });

  it('is refused with another key', async () => {
    upstream.sign = signWith('another secret of at least 32 bytes length');
    expect(await signIn('line')).toEqual({ code: 'provider_invalid' });
  });
});

describe('what email_verified is worth', () => {
  const cases: readonly [id: string, claims: object, proven: boolean][] = [
    ['google', { email_verified: true }, false],
    ['google', { email_verified: true, hd: 'example.com' }, true],
    ['google', { email_verified: false, hd: 'example.com' }, false],
    ['microsoft', { email_verified: true }, false],
    ['microsoft', { xms_edov: true }, true],
    ['microsoft', { xms_edov: '1' }, true],
    ['microsoft', { xms_edov: false, email_verified: true }, false],
    ['apple', { email_verified: 'true' }, true],
    ['apple', { email_verified: 'false' }, false],
    ['kakao', { email_verified: true }, true],
    ['kakao', {}, false],
  ];

  it.each(cases)('%s with %j: %s', async (id, claims, proven) => {
    const email = newEmail();
    upstream.claims = { sub: email, email, ...claims };
    const browser = new Browser(app);
    if (id === 'apple') {
      // The scripted provider ignores response_mode.
      expect((await signInWithCookies(browser, id)).search).toBe('');
      expect((await browser.call('GET', '/auth/session')).body.user).toMatchObject({ email_verified: proven });
      return;
    }
    expect((await signIn(id)).user).toMatchObject({ email, email_verified: proven });
  });

  it('google vouches for its own mailboxes', async () => {
    const email = newEmail().replace('example.com', 'gmail.com');
    upstream.claims = { sub: email, email, email_verified: true };
    expect((await signIn('google')).user).toMatchObject({ email, email_verified: true });
  });
});

describe('a provider that says that it accepts the secret in both ways', () => {
  it.each(['client_secret_basic', 'client_secret_post', undefined])(
    'gets it as PROVIDER_<ID>_TOKEN_ENDPOINT_AUTH_METHOD says: %s',
    async (method) => {
      const more = { PROVIDER_CORP_TOKEN_ENDPOINT_AUTH_METHOD: method };
      const on = await startAppForTest({ env: corpSettings(upstream, more) });
      const email = newEmail();
      upstream.metadata = { token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'] };
      upstream.claims = { sub: email, email, email_verified: true };
      expect((await signInAsApp(new Browser(on))).body.user).toMatchObject({ email });
      const [{ body, authorization = '' } = { body: new URLSearchParams() }] = upstream.tokenRequests;
      expect({ inBody: body.has('client_secret'), inHeader: authorization.startsWith('Basic ') }).toEqual({
        inBody: method === 'client_secret_post',
        inHeader: method !== 'client_secret_post',
      });
    },
  );
});

it('a provider that knows only client_secret_post gets the secret in the body', async () => {
  const email = newEmail();
  upstream.metadata = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
  upstream.claims = { sub: email, email, email_verified: true };
  await signIn('kakao');
  const [{ body, authorization } = { body: new URLSearchParams(), authorization: '' }] = upstream.tokenRequests;
  expect({ secret: body.get('client_secret'), authorization }).toEqual({
    secret: 'the client secret',
    authorization: undefined,
  });
});
