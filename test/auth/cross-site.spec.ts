import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import { call, expectProblem, expectStatus, newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';
import { CookieJar } from './cookies.js';

const listed = 'https://app.example';
const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const;

type Headers = readonly (readonly [string, string])[];

/** What browsers send with a request that a page of another site makes. */
const fromOtherSites: [name: string, headers: Headers][] = [
  ['a browser', [['Sec-Fetch-Site', 'cross-site'], ['Origin', 'https://evil.example']]], // prettier-ignore
  ['a sandboxed page', [['Sec-Fetch-Site', 'cross-site'], ['Origin', 'null']]], // prettier-ignore
  ['a sibling domain', [['Sec-Fetch-Site', 'same-site'], ['Origin', 'https://other.example']]], // prettier-ignore
  ['a browser without Sec-Fetch-Site', [['Origin', 'https://evil.example']]],
];

/** Simple requests: a browser sends them to any site without a preflight. */
const simpleRequests: [path: string, limit: string, headers: Headers, body: string | undefined][] = [
  ['/auth/register', 'LIMIT_REGISTER', [], undefined],
  ['/auth/password/forgot', 'LIMIT_FORGOT', [], undefined],
  ['/auth/email/resend', 'LIMIT_RESEND', [], undefined],
  ['/auth/refresh', 'LIMIT_REFRESH', [], undefined],
  ['/oauth/token', 'LIMIT_REFRESH', [form], 'grant_type=refresh_token'],
  ['/oauth/token', 'LIMIT_REFRESH', [[form[0], `${form[1]}; x="application/json"`]], 'grant_type=refresh_token'],
];

describe('a page of another site cannot use up the limits of its visitors', () => {
  it.each(simpleRequests)('POST %s (%s)', async (path, limit, headers, body) => {
    const app = await startAppForTest({ env: { RATE_LIMITS: 'on', [limit]: '2/1h' } });
    const send = (more: Headers): Promise<Answer> =>
      rawCall(app, { method: 'POST', path, headers: [...headers, ...more], body });
    for (const [, theirs] of fromOtherSites) {
      for (let i = 0; i < 2; i++) {
        const response = await expectStatus(send(theirs), 403).then(() => send(theirs));
        expect(response.headers.get('ratelimit')).toBeNull();
      }
    }
    // The visitor still has the whole quota.
    expect((await send([])).headers.get('ratelimit')).toMatch(/r=1;/);
  });
});

describe('without cookies', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ env: { CORS_ORIGINS: listed } });
  });
  afterAll(() => app.close());

  const token = (headers: Headers) =>
    rawCall(app, { method: 'POST', path: '/oauth/token', headers: [form, ...headers], body: 'grant_type=nothing' });

  it.each<[string, Headers]>([
    ['a listed page on another site', [['Sec-Fetch-Site', 'cross-site'], ['Origin', listed]]], // prettier-ignore
    ['a page of ours', [['Sec-Fetch-Site', 'same-origin'], ['Origin', 'http://localhost:3000']]], // prettier-ignore
    ['a client that is not a browser', []],
  ])('%s reaches the token endpoint', async (_, headers) => {
    expect((await token(headers)).body).toMatchObject({ error: 'unsupported_grant_type' });
  });

  it.each(fromOtherSites)('%s does not, and no failed client authentication is recorded', async (_, headers) => {
    for (const path of ['/oauth/token', '/oauth/revoke', '/oauth/introspect']) {
      const body = 'grant_type=client_credentials&token=x&client_id=x&client_secret=x';
      const response = await rawCall(app, { method: 'POST', path, headers: [form, ...headers], body });
      expect({ status: response.status, body: response.body }).toMatchObject({
        status: 403,
        body: { error: 'invalid_request' },
      });
    }
    const rows = await app.db.query(`SELECT 1 FROM audit_events WHERE event = 'client.refused'`);
    expect(rows).toEqual([]);
  });

  it('JSON is accepted from everywhere, because a browser sends a preflight first, which is refused', async () => {
    const headers = [['Content-Type', 'application/json'], ...fromOtherSites[0]![1]] as const;
    const body = JSON.stringify({ email: newEmail(), password: 'correct horse battery staple' });
    await expectStatus(rawCall(app, { method: 'POST', path: '/auth/register', headers, body }), 201);
  });
});

describe('navigator.sendBeacon as a page closes', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const text = ['Content-Type', 'text/plain;charset=UTF-8'] as const;
  const body = { password: 'correct horse battery staple', delivery: 'cookie' };

  async function signedIn(): Promise<CookieJar> {
    const jar = new CookieJar(app);
    jar.keep(await call(app, 'POST', '/auth/register', { body: { email: newEmail(), ...body } }));
    return jar;
  }

  it.each<[string, Headers]>([
    ['an empty text/plain body', [text]],
    ['no body and no type', []],
  ])('signs out with %s', async (_, headers) => {
    const jar = await signedIn();
    const access = jar.header;
    const ours = ['Sec-Fetch-Site', 'same-origin'] as const;
    await expectStatus(jar.send({ method: 'POST', path: '/auth/logout', headers: [...headers, ours], body: '' }), 204);
    await expectProblem(rawCall(app, { path: '/auth/me', headers: [access] }), 401, 'token_revoked');
  });

  it('does not sign out for another site', async () => {
    const jar = await signedIn();
    const headers = [text, ['Sec-Fetch-Site', 'cross-site']] as const;
    await expectProblem(jar.send({ method: 'POST', path: '/auth/logout', headers, body: '' }), 403, 'csrf_rejected');
    await expectStatus(jar.send({ path: '/auth/me' }), 200);
  });

  it('a text/plain body with anything in it stays 415', async () => {
    for (const content of [' ', '{}']) {
      const response = rawCall(app, { method: 'POST', path: '/auth/logout', headers: [text], body: content });
      await expectProblem(response, 415, 'unsupported_media_type');
    }
  });
});
