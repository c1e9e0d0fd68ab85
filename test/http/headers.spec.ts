import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import { call, expectProblem, goodPassword, newEmail, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

const frontend = 'https://app.example';
const strangers = [
  'https://evil.example',
  'https://app.example.evil.example',
  'https://evil-app.example',
  'http://app.example',
  'https://app.example:8443',
  'https://APP.example',
  'https://app.example/',
  'null',
  '',
  '*',
];

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startApp({ env: { CORS_ORIGINS: `https://other.example, ${frontend}` } });
  token = (await register(app)).access_token;
});
afterAll(() => app.close());

/** One response of each kind. */
const everyKind: [name: string, ask: () => Promise<Answer>][] = [
  ['a public response', () => call(app, 'GET', '/health/live')],
  ['an authenticated response', () => call(app, 'GET', '/auth/me', { token })],
  [
    'a token response',
    () => call(app, 'POST', '/auth/register', { body: { email: newEmail(), password: goodPassword } }),
  ],
  [
    'an empty response',
    async () => {
      const { access_token } = await register(app);
      return call(app, 'POST', '/auth/logout', { token: access_token });
    },
  ],
  ['401', () => call(app, 'GET', '/auth/me')],
  ['403', () => call(app, 'GET', '/users', { token })],
  ['404 of a route', () => call(app, 'GET', '/notes/x', { token })],
  ['404 without a route', () => call(app, 'GET', '/nope')],
  ['a path that cannot be decoded', () => rawCall(app, { path: '/%' })],
  ['400 of a schema', () => call(app, 'POST', '/auth/login', { body: {} })],
  ['413', () => call(app, 'POST', '/auth/login', { body: 'x'.repeat(70_000) })],
  ['415', () => call(app, 'POST', '/auth/login', { body: {}, headers: { 'content-type': 'text/plain' } })],
  ['a response to HEAD', () => rawCall(app, { method: 'HEAD', path: '/health/live' })],
  ['a preflight', () => preflight(frontend)],
  ['Swagger UI', () => call(app, 'GET', '/docs')],
];

function preflight(origin: string, path = '/auth/login'): Promise<Answer> {
  return rawCall(app, {
    method: 'OPTIONS',
    path,
    headers: [
      ['Origin', origin],
      ['Access-Control-Request-Method', 'POST'],
      ['Access-Control-Request-Headers', 'authorization,content-type'],
    ],
  });
}

const corsHeaders = ({ headers }: Answer) => [...headers.keys()].filter((name) => name.startsWith('access-control-'));

describe.each(everyKind)('%s', (_, ask) => {
  it('carries a request id of its own, and is not to be stored', async () => {
    const [first, second] = [await ask(), await ask()];
    expect(first.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(first.headers.get('cache-control')).toBe('no-store');
  });

  it('carries the security headers', async () => {
    const { headers } = await ask();
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': expect.any(String),
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });

  it('allows no script but our own, no frame and no form', async () => {
    const policy = (await ask()).headers.get('content-security-policy') ?? '';
    const directives = Object.fromEntries(
      policy.split(';').map((directive) => {
        const [name = '', ...values] = directive.trim().split(' ');
        return [name, values.join(' ')];
      }),
    );
    expect(directives).toMatchObject({
      'default-src': "'none'",
      'script-src': "'self'",
      'frame-ancestors': "'none'",
      'form-action': "'none'",
      'base-uri': "'none'",
    });
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
  });
});

describe('a problem', () => {
  it('names the request by the id of its X-Request-Id', async () => {
    const { headers, body } = await call(app, 'GET', '/auth/me');
    expect(body).toMatchObject({ instance: headers.get('x-request-id') });
  });

  it('takes no request id from the caller: it would end up in the log', async () => {
    const { headers } = await call(app, 'GET', '/auth/me', { headers: { 'x-request-id': 'forged' } });
    expect(headers.get('x-request-id')).not.toBe('forged');
  });

  it('has exactly the members of the contract', async () => {
    const { body } = await expectProblem(call(app, 'GET', '/auth/me'), 401, 'token_missing');
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'There is no access token. Sign in first.',
      instance: expect.any(String),
      code: 'token_missing',
    });
    const invalid = await expectProblem(call(app, 'POST', '/auth/login', { body: {} }), 400, 'validation_failed');
    expect(Object.keys(invalid.body as object)).toEqual([
      'type',
      'title',
      'status',
      'detail',
      'instance',
      'code',
      'errors',
    ]);
  });
});

describe('HEAD', () => {
  it.each(['/health/live', '/docs-json', '/.well-known/jwks.json'])(
    'responds to %s as to GET, without the body',
    async (path) => {
      const [get, head] = [await rawCall(app, { path }), await rawCall(app, { method: 'HEAD', path })];
      expect(head.status).toBe(get.status);
      expect(head.body).toBeUndefined();
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
    },
  );

  it('needs a token where GET does', async () => {
    const bare = await rawCall(app, { method: 'HEAD', path: '/auth/me' });
    expect(bare).toMatchObject({ status: 401, body: undefined });
    expect(bare.headers.get('www-authenticate')).toBe('Bearer realm="pawl"');
    const signedIn = await rawCall(app, {
      method: 'HEAD',
      path: '/notes',
      headers: [['Authorization', `Bearer ${token}`]],
    });
    expect(signedIn.status).toBe(200);
  });
});

describe('HSTS', () => {
  it('is not sent over http: a browser would insist on https for localhost for a year', async () => {
    expect((await call(app, 'GET', '/health/live')).headers.get('strict-transport-security')).toBeNull();
  });

  it('is sent if PUBLIC_URL is https', async () => {
    const secure = await startAppForTest({ env: { PUBLIC_URL: 'https://id.example' } });
    const { headers } = await call(secure, 'GET', '/health/live');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=31536000/);
  });
});

describe('CORS', () => {
  it('lets a listed origin read responses, with credentials', async () => {
    const { headers } = await rawCall(app, { path: '/health/live', headers: [['Origin', frontend]] });
    expect(headers.get('access-control-allow-origin')).toBe(frontend);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-expose-headers')).toBe(
      'Pawl-Device, Pawl-Refresh, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id',
    );
    expect(headers.get('vary')).toMatch(/\borigin\b/i);
  });

  it('lets a listed origin read errors too', async () => {
    for (const path of ['/auth/me', '/nope']) {
      const { headers } = await rawCall(app, { path, headers: [['Origin', frontend]] });
      expect(headers.get('access-control-allow-origin')).toBe(frontend);
    }
  });

  it('allows the preflight of a listed origin', async () => {
    const response = await preflight(frontend);
    expect(response).toMatchObject({ status: 204, body: undefined });
    expect(response.headers.get('access-control-allow-origin')).toBe(frontend);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('access-control-allow-methods')).toBe('GET, POST, PATCH, DELETE');
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    expect(response.headers.get('access-control-max-age')).toBe('600');
  });

  it.each(strangers)('gives the origin "%s" no CORS header at all', async (origin) => {
    const simple = await rawCall(app, { path: '/health/live', headers: [['Origin', origin]] });
    expect(simple.status).toBe(200);
    expect(corsHeaders(simple)).toEqual([]);
    expect(simple.headers.get('vary')).toMatch(/\borigin\b/i);
    const preflighted = await preflight(origin);
    expect(corsHeaders(preflighted)).toEqual([]);
    await expectProblem(preflighted, 404, 'not_found');
  });

  it('allows listed apps and extensions, as their web views spell their origin', async () => {
    const listed = 'capacitor://localhost, TAURI://localhost/, chrome-extension://abcdefghijklmnopabcdefghijklmnop';
    const open = await startAppForTest({ env: { CORS_ORIGINS: listed } });
    for (const origin of [
      'capacitor://localhost',
      'tauri://localhost',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    ]) {
      const { headers } = await rawCall(open, { path: '/health/live', headers: [['Origin', origin]] });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
    }
    for (const origin of ['capacitor://evil', 'ionic://localhost', 'http://localhost', 'null']) {
      expect(corsHeaders(await rawCall(open, { path: '/health/live', headers: [['Origin', origin]] }))).toEqual([]);
    }
  });

  it('is off without CORS_ORIGINS', async () => {
    const closed = await startAppForTest();
    for (const origin of [frontend, 'http://localhost:3000']) {
      const simple = await rawCall(closed, { path: '/health/live', headers: [['Origin', origin]] });
      expect(corsHeaders(simple)).toEqual([]);
    }
  });
});
