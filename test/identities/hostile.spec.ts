import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { generateKeyPair, SignJWT } from 'jose';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { Browser, newVerifier, signInAsApp, signInWithCookies } from './browser.js';
import type { ScriptedUpstream } from './scripted-upstream.js';
import { sendJson, startScriptedUpstream, unsecured } from './scripted-upstream.js';
import { corpSettings } from './upstream.js';

let upstream: ScriptedUpstream;
let app: TestApp;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  app = await startApp({ env: corpSettings(upstream) });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.reset();
  // Metadata and keys are kept for an hour.
  app.clock.advanceSeconds(3601);
  const email = newEmail();
  upstream.claims = { sub: email, email, email_verified: true };
});

/** Signs in, and expects an error at return_to, no session and no account. */
async function expectRefusal(code: string, browser = new Browser(app)): Promise<void> {
  const end = await signInWithCookies(browser);
  expect(end.href).toBe(`http://localhost:3000/done?error=${code}`);
  expect((await browser.call('GET', '/auth/session')).body).toEqual({ user: null });
  const identities = await app.db.query('SELECT 1 FROM identities WHERE subject = $1', [upstream.claims.sub]);
  expect(identities).toEqual([]);
}

it('the provider of these tests signs in when it tells the truth', async () => {
  const browser = new Browser(app);
  expect((await signInWithCookies(browser)).href).toBe('http://localhost:3000/done');
  expect((await browser.call('GET', '/auth/session')).body.user).toMatchObject({ email: upstream.claims.email });
  // RFC 7636: the verifier goes to the token endpoint only.
  const [{ body, authorization } = { body: new URLSearchParams(), authorization: undefined }] = upstream.tokenRequests;
  expect(body.get('code_verifier')).toMatch(/^[\w-]{43,}$/);
  expect(authorization).toMatch(/^Basic /);
});

it('an address of UserInfo is proven only if UserInfo says so (attack: an address that its user has typed)', async () => {
  const email = newEmail();
  upstream.metadata = { userinfo_endpoint: `${upstream.issuer}/userinfo` };
  upstream.claims = { sub: email, email_verified: true };
  upstream.handlers.set('/userinfo', (_request, response) => sendJson(response, { sub: email, email }));
  const browser = new Browser(app);
  await signInWithCookies(browser);
  const { user } = (await browser.call('GET', '/auth/session')).body;
  expect(user).toMatchObject({ email, email_verified: false });
});

describe('is refused: ', () => {
  it('a wrong issuer in the response (attack: mix-up)', async () => {
    upstream.response = { iss: 'https://evil.example' };
    await expectRefusal('provider_invalid');
    expect(upstream.tokenRequests).toEqual([]);
  });

  it('no issuer in the response of a provider that promises one (attack: mix-up)', async () => {
    upstream.metadata = { authorization_response_iss_parameter_supported: true };
    await expectRefusal('provider_invalid');
  });

  it('a wrong issuer in the metadata', async () => {
    upstream.metadata = { issuer: 'https://evil.example' };
    await expectRefusal('provider_invalid');
  });

  it('a wrong issuer in the ID token', async () => {
    upstream.claims.iss = 'https://evil.example';
    await expectRefusal('provider_invalid');
  });

  it('an ID token for another client (attack: a token that another site was given)', async () => {
    upstream.claims.aud = 'another client';
    await expectRefusal('provider_invalid');
    upstream.claims.aud = ['pawl-at-corp', 'another client'];
    upstream.claims.azp = 'another client';
    await expectRefusal('provider_invalid');
  });

  it('a wrong nonce in the ID token (attack: a token of another sign-in)', async () => {
    upstream.claims.nonce = 'another nonce';
    await expectRefusal('provider_invalid');
    upstream.claims.nonce = undefined;
    await expectRefusal('provider_invalid');
  });

  it('an expired ID token', async () => {
    upstream.claims.exp = Math.floor(Date.now() / 1000) - 3600;
    await expectRefusal('provider_invalid');
  });

  it('an ID token that nobody has signed (attack: alg none)', async () => {
    upstream.sign = unsecured;
    await expectRefusal('provider_invalid');
    upstream.metadata = { id_token_signing_alg_values_supported: ['none', 'RS256'] };
    app.clock.advanceSeconds(3601);
    await expectRefusal('provider_invalid');
  });

  it('an ID token that somebody else has signed', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    upstream.sign = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey);
    await expectRefusal('provider_invalid');
  });

  it('an ID token under the client secret (attack: a public value as the key)', async () => {
    const secret = new TextEncoder().encode('a secret of the client at the provider');
    upstream.metadata = { id_token_signing_alg_values_supported: ['HS256', 'RS256'] };
    upstream.sign = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret);
    await expectRefusal('provider_invalid');
  });

  it('no ID token at all', async () => {
    upstream.handlers.set('/token', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: 'at', token_type: 'Bearer' }));
    });
    await expectRefusal('provider_invalid');
  });

  it('a code that was used (attack: replay)', async () => {
    upstream.response = { code: 'a code of before' };
    await expectRefusal('provider_invalid');
  });
});

describe('a browser', () => {
  /** Where the provider would send the browser, without going there. */
  async function responseFor(browser: Browser): Promise<URL> {
    return browser.open('/auth/providers/corp/start?return_to=/done', ({ pathname }) => pathname.endsWith('/callback'));
  }
  const expired = 'http://localhost:3000/account/sign-in-expired';

  it('that started nothing gets no session from the response of another (attack: cross-site request forgery)', async () => {
    const response = await responseFor(new Browser(app));
    const victim = new Browser(app);
    expect((await victim.open(response.href)).href).toBe(expired);
    expect((await victim.call('GET', '/auth/session')).body).toEqual({ user: null });
    expect(upstream.tokenRequests).toEqual([]);
  });

  it('with a sign-in of its own does not take the response of another (attack: a swapped state)', async () => {
    const response = await responseFor(new Browser(app));
    const victim = new Browser(app);
    const own = await responseFor(victim);
    expect((await victim.open(response.href)).href).toBe(expired);
    // Its own sign-in is not disturbed by that.
    expect((await victim.open(own.href)).href).toBe('http://localhost:3000/done');
  });

  it('with its own sign-in under the name of another does not take that response (attack: a swapped state)', async () => {
    const other = new Browser(app);
    const response = await responseFor(other);
    const [[nameOfOther] = ['']] = other.cookies('__Host-pawl_provider');
    const victim = new Browser(app);
    const own = await responseFor(victim);
    const [[, flow] = ['', '']] = victim.cookies('__Host-pawl_provider');
    victim.setCookie(nameOfOther, flow);
    expect((await victim.open(response.href)).href).toBe(expired);
    expect(upstream.tokenRequests).toEqual([]);
    expect((await victim.open(own.href)).href).toBe('http://localhost:3000/done');
  });

  it('finishes two sign-ins that began at the same time in two tabs', async () => {
    const browser = new Browser(app);
    const responses = await Promise.all([responseFor(browser), responseFor(browser)]);
    for (const { href } of responses) {
      expect((await browser.open(href)).href).toBe('http://localhost:3000/done');
      expect((await browser.call('GET', '/auth/session')).body.user).toMatchObject({ email: upstream.claims.email });
    }
    expect(browser.cookies('__Host-pawl_provider')).toEqual([]);
  });

  it('keeps few sign-ins under way, the newest, and small ones (attack: a page that starts them until headers are too large)', async () => {
    const browser = new Browser(app);
    const first = await responseFor(browser);
    const long = `/auth/providers/corp/start?return_to=/done?${'x'.repeat(1900)}`;
    for (let i = 0; i < 10; i++) await browser.request('GET', long);
    const last = await responseFor(browser);
    const kept = browser.cookies('__Host-pawl_provider');
    expect(kept.length).toBeLessThanOrEqual(4);
    expect(kept.map(([name, value]) => name + value).join('').length).toBeLessThan(7000);
    expect((await browser.open(first.href)).href).toBe(expired);
    expect((await browser.open(last.href)).href).toBe('http://localhost:3000/done');
  });

  it.each(['a(b', 'a b', 'é', 'a@b', ''])(
    'with cookies whose names end in "%s" and that we did not set starts a sign-in (attack: a name that no response may have)',
    async (end) => {
      const cookie = [1, 2, 3, 4, 5].map((i) => `__Host-pawl_provider_${end}${i}=x`).join('; ');
      const headers = { cookie: Buffer.from(cookie).toString('latin1') };
      const response = await fetch(`${app.url}/auth/providers/corp/start`, { redirect: 'manual', headers });
      expect(response.status).toBe(302);
      expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-pawl_provider_[\w-]{12}=/)]);
    },
  );

  it('cannot complete a sign-in twice, not even with the cookie of before', async () => {
    const browser = new Browser(app);
    const response = await responseFor(browser);
    const [[name, flow] = ['', '']] = browser.cookies('__Host-pawl_provider');
    await browser.open(response.href);
    const again = new Browser(app);
    again.setCookie(name, flow);
    expect((await again.open(response.href)).search).toBe('?error=provider_flow_expired');
    expect(upstream.tokenRequests).toHaveLength(1);
  });

  it('has ten minutes', async () => {
    const [early, late] = [new Browser(app), new Browser(app)];
    const responses = [await responseFor(early), await responseFor(late)];
    app.clock.advanceSeconds(10 * 60 - 10);
    expect((await early.open(responses[0]!.href)).href).toBe('http://localhost:3000/done');
    app.clock.advanceSeconds(20);
    expect((await late.open(responses[1]!.href)).href).toBe(expired);
  });

  it.each([
    ['changed', (cookie: string) => `${cookie.slice(0, -4)}AAAA`],
    ['of nobody', () => 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['empty', () => ''],
  ])('cannot make a cookie of its own: %s', async (_, change) => {
    const browser = new Browser(app);
    const response = await responseFor(browser);
    const [[name, flow] = ['', '']] = browser.cookies('__Host-pawl_provider');
    browser.setCookie(name, change(flow));
    expect((await browser.open(response.href)).href).toBe(expired);
  });

  it('binds the flow with a cookie that no page and no other host can read or set', async () => {
    const response = await fetch(`${app.url}/auth/providers/corp/start`, { redirect: 'manual' });
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-pawl_provider_[\w-]{12}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    'http://localhost:3000@evil.example/',
    'http://user@localhost:3000/',
    'https://localhost:3000/',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://localhost:3000.evil.example/',
  ])('is not sent to %s afterwards (attack: open redirect)', async (returnTo) => {
    const path = `/auth/providers/corp/start?return_to=${encodeURIComponent(returnTo)}`;
    const { status, body, headers } = await call(app, 'GET', path);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'validation_failed' });
    expect(headers.getSetCookie()).toEqual([]);
  });

  it('does not lose the code of an app to a page that it was sent to with another challenge', async () => {
    const browser = new Browser(app);
    const { challenge } = newVerifier();
    const end = await browser.open(`/auth/providers/corp/start?return_to=/done&code_challenge=${challenge}`);
    const body = { code: end.searchParams.get('code'), verifier: newVerifier().verifier };
    expect(await browser.call('POST', '/auth/providers/exchange', body)).toMatchObject({
      body: { code: 'exchange_code_invalid' },
    });
  });
});

describe('a provider', () => {
  it.each(['/.well-known/openid-configuration', '/jwks', '/token'])(
    'that redirects %s is not followed (attack: server-side request forgery)',
    async (path) => {
      let reached = 0;
      const inner = createServer((_request, response) => {
        reached++;
        response.end('{}');
      });
      await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
      const location = `http://127.0.0.1:${(inner.address() as AddressInfo).port}/latest/meta-data`;
      upstream.handlers.set(path, (_request, response) => void response.writeHead(307, { location }).end());
      const end = await signInWithCookies(new Browser(app));
      expect(end.search).toMatch(/^\?error=provider_(unavailable|invalid)$/);
      expect(reached).toBe(0);
      await new Promise((resolve) => inner.close(resolve));
    },
  );

  it.each(['127.0.0.2', 'localhost'])(
    'that names a port of %s as its endpoint gets no connection to it (attack: server-side request forgery)',
    async (host) => {
      let connections = 0;
      const inner = createTcpServer((socket) => {
        connections++;
        socket.destroy();
      });
      await new Promise<void>((resolve) => inner.listen(0, '0.0.0.0', resolve));
      upstream.metadata = { token_endpoint: `https://${host}:${(inner.address() as AddressInfo).port}/token` };
      const end = await signInWithCookies(new Browser(app));
      expect(end.search).toBe('?error=provider_unavailable');
      expect(connections).toBe(0);
      await new Promise((resolve) => inner.close(resolve));
    },
  );

  it.each([
    'http://127.0.0.2:1/token',
    'https://10.0.0.1/token',
    'https://169.254.169.254/token',
    'https://[::1]/token',
    'https://[::ffff:10.0.0.1]/token',
    'https://localhost/token',
    'http://example.com/token',
  ])('cannot name %s as its endpoint (attack: server-side request forgery)', async (endpoint) => {
    upstream.metadata = { token_endpoint: endpoint };
    const end = await signInWithCookies(new Browser(app));
    expect(end.search).toMatch(/^\?error=provider_(unavailable|invalid)$/);
  });

  it('with an endless body costs a bounded time and amount of memory', async () => {
    let sent = 0;
    upstream.handlers.set('/.well-known/openid-configuration', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => {
        sent += 65_536;
        response.write(' '.repeat(65_536));
      }, 1);
      response.on('close', () => clearInterval(timer));
    });
    await expectRefusal('provider_unavailable');
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('that never responds, or never ends, is given up after a few seconds', async () => {
    upstream.handlers.set('/.well-known/openid-configuration', () => undefined);
    await expectRefusal('provider_unavailable');
    upstream.handlers.delete('/.well-known/openid-configuration');
    app.clock.advanceSeconds(3601);
    upstream.handlers.set('/token', (_request, response) => void response.writeHead(200).write('{'));
    await expectRefusal('provider_unavailable');
  }, 60_000);

  it('that is down is an error for its own users only, and comes back', async () => {
    const closed = await startScriptedUpstream();
    await closed.close();
    const on = await startAppForTest({
      env: {
        ...corpSettings(upstream),
        PROVIDERS: 'corp,down',
        PROVIDER_DOWN_ISSUER: closed.issuer,
        PROVIDER_DOWN_CLIENT_ID: 'x',
        PROVIDER_DOWN_CLIENT_SECRET: 'y',
      },
    });
    expect((await signInWithCookies(new Browser(on), 'down')).search).toBe('?error=provider_unavailable');
    expect((await signInWithCookies(new Browser(on), 'corp')).search).toBe('');
    upstream.handlers.set('/.well-known/openid-configuration', (_request, response) => void response.destroy());
    on.clock.advanceSeconds(3601);
    expect((await signInWithCookies(new Browser(on), 'corp')).search).toBe('?error=provider_unavailable');
    upstream.handlers.clear();
    on.clock.advanceSeconds(6);
    expect((await signInWithCookies(new Browser(on), 'corp')).search).toBe('');
  });

  it('is asked for its metadata once by many users at a time, and not at the start', async () => {
    const on = await startAppForTest({ env: corpSettings(upstream) });
    expect(upstream.requests).toEqual([]);
    const starts = Array.from({ length: 8 }, () =>
      fetch(`${on.url}/auth/providers/corp/start`, { redirect: 'manual' }),
    );
    expect((await Promise.all(starts)).map(({ status }) => status)).toEqual(Array(8).fill(302));
    expect(upstream.requests).toEqual(['/.well-known/openid-configuration']);
  });
});

it('an error of the provider that we do not know becomes one of our codes', async () => {
  upstream.response = { code: null, error: 'a <script> of theirs' };
  await expectRefusal('provider_invalid');
  upstream.response = { code: null, error: 'temporarily_unavailable' };
  await expectRefusal('provider_unavailable');
});

it('nothing of the provider is in the response or the log but its name', async () => {
  upstream.claims.aud = 'another client';
  const { body } = await signInAsApp(new Browser(app));
  expect(body).toEqual({ code: 'provider_invalid' });
});
