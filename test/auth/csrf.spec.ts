import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, goodPassword, newEmail, register } from '../support/http.js';
import { rawCall } from '../support/raw-http.js';
import { accessCookie, CookieJar, refreshCookie } from './cookies.js';

/** PUBLIC_URL of the tests; what the Host header says does not count. */
const ours = 'http://localhost:3000';
const listed = 'https://app.example';
const stranger = 'https://evil.example';

let app: TestApp;
let email: string;
let bearer: Tokens;

beforeAll(async () => {
  app = await startApp({ env: { CORS_ORIGINS: listed } });
  email = (await register(app)).user.email;
  // Another user: so many sessions are begun here that the first of one user would end (MAX_SESSIONS_PER_USER).
  bearer = await register(app);
});
afterAll(() => app.close());

type Headers = readonly (readonly [string, string])[];

const json = ['Content-Type', 'application/json'] as const;

async function signedInJar(): Promise<CookieJar> {
  const jar = new CookieJar(app);
  const signedIn = await call(app, 'POST', '/auth/login', {
    body: { email, password: goodPassword, delivery: 'cookie' },
  });
  expect({ status: signedIn.status, body: signedIn.body }).toMatchObject({ status: 200 });
  jar.keep(signedIn);
  return jar;
}

/** Where a browser says that a request comes from: `Sec-Fetch-Site` and `Origin`, and whether the check lets it pass. */
const matrix: [site: string | undefined, origin: string | undefined, passes: boolean][] = [
  ['same-origin', ours, true],
  ['same-origin', undefined, true],
  // The browser decides what is same-origin, whatever name the service was opened under.
  ['same-origin', 'http://127.0.0.1:3000', true],
  // Typed, or from a bookmark: no page sent it.
  ['none', undefined, true],
  ['same-site', listed, true],
  ['same-site', ours, false],
  ['same-site', 'http://localhost:4000', false],
  ['same-site', stranger, false],
  ['same-site', 'null', false],
  ['same-site', undefined, false],
  ['cross-site', listed, false],
  ['cross-site', ours, false],
  ['cross-site', stranger, false],
  ['cross-site', 'null', false],
  ['cross-site', undefined, false],
  ['', ours, false],
  ['Same-Origin', ours, false],
  ['same-origin, same-origin', ours, false],
  ['anything else', ours, false],
  // Browsers before Sec-Fetch-Site send Origin with every unsafe request.
  [undefined, ours, true],
  [undefined, listed, true],
  [undefined, stranger, false],
  [undefined, 'null', false],
  [undefined, '', false],
  [undefined, 'http://localhost:3001', false],
  [undefined, 'https://localhost:3000', false],
  [undefined, 'http://localhost:3000/', false],
  [undefined, 'HTTP://LOCALHOST:3000', false],
  [undefined, 'http://localhost:3000.evil.example', false],
  [undefined, `${stranger}, ${ours}`, false],
  // No browser at all.
  [undefined, undefined, true],
];

function fetchHeaders(site: string | undefined, origin: string | undefined): Headers {
  return [
    ...(site === undefined ? [] : [['Sec-Fetch-Site', site] as const]),
    ...(origin === undefined ? [] : [['Origin', origin] as const]),
  ];
}

const isRejected = ({ status, body }: Answer) => status === 403 && (body as { code?: string }).code === 'csrf_rejected';

/** Each unsafe request that the check covers. */
const covered: [name: string, send: (headers: Headers) => Promise<Answer>][] = [
  [
    'a refresh by cookie',
    async (headers) => (await signedInJar()).send({ method: 'POST', path: '/auth/refresh', headers }),
  ],
  [
    'a logout by cookie',
    async (headers) => (await signedInJar()).send({ method: 'POST', path: '/auth/logout', headers }),
  ],
  [
    'a note by cookie',
    async (headers) =>
      (await signedInJar()).send({
        method: 'POST',
        path: '/notes',
        headers: [json, ...headers],
        body: '{"title":"x"}',
      }),
  ],
  [
    'a refresh by cookie with a Basic header',
    async (headers) =>
      (await signedInJar()).send({
        method: 'POST',
        path: '/auth/refresh',
        headers: [['Authorization', 'Basic dXNlcjpwYXNz'], ...headers],
      }),
  ],
  [
    'a sign-in into cookies, with no cookie yet',
    (headers) =>
      rawCall(app, {
        method: 'POST',
        path: '/auth/login',
        headers: [json, ...headers],
        body: JSON.stringify({ email, password: goodPassword, delivery: 'cookie' }),
      }),
  ],
  [
    'a registration into cookies, with no cookie yet',
    (headers) =>
      rawCall(app, {
        method: 'POST',
        path: '/auth/register',
        headers: [json, ...headers],
        body: JSON.stringify({ email: newEmail(), password: goodPassword, delivery: 'cookie' }),
      }),
  ],
];

/** Requests that another site cannot make a browser send, so they pass from anywhere. */
const uncovered: [name: string, send: (headers: Headers) => Promise<Answer>][] = [
  ['a read by cookie', async (headers) => (await signedInJar()).send({ path: '/auth/me', headers })],
  ['HEAD by cookie', async (headers) => (await signedInJar()).send({ method: 'HEAD', path: '/auth/me', headers })],
  [
    'a note by bearer',
    (headers) =>
      rawCall(app, {
        method: 'POST',
        path: '/notes',
        headers: [json, ['Authorization', `Bearer ${bearer.access_token}`], ...headers],
        body: '{"title":"x"}',
      }),
  ],
  [
    'a note by bearer with a cookie beside it',
    async (headers) =>
      (await signedInJar()).send({
        method: 'POST',
        path: '/notes',
        headers: [json, ['Authorization', `Bearer ${bearer.access_token}`], ...headers],
        body: '{"title":"x"}',
      }),
  ],
  [
    'a sign-in into the body',
    (headers) =>
      rawCall(app, {
        method: 'POST',
        path: '/auth/login',
        headers: [json, ...headers],
        body: JSON.stringify({ email, password: goodPassword, delivery: 'body' }),
      }),
  ],
];

describe.each(matrix)('Sec-Fetch-Site: %s, Origin: %s (passes: %s)', (site, origin, passes) => {
  it.each(covered)(`${passes ? 'lets pass' : 'refuses'} %s`, async (_, send) => {
    const response = await send(fetchHeaders(site, origin));
    expect({ rejected: isRejected(response) }).toEqual({ rejected: !passes });
    if (passes) expect(response.status).toBeLessThan(300);
    else {
      await expectProblem(response, 403, 'csrf_rejected');
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });

  it.each(uncovered)('does not check %s', async (_, send) => {
    expect((await send(fetchHeaders(site, origin))).status).toBeLessThan(300);
  });
});

describe('the check', () => {
  const crossSite: Headers = [
    ['Sec-Fetch-Site', 'cross-site'],
    ['Origin', stranger],
  ];

  it.each([accessCookie, refreshCookie])('begins with one of our cookies, whatever is in it: %s', async (name) => {
    const headers: Headers = [['Cookie', `${name}=anything`], ...crossSite];
    await expectProblem(rawCall(app, { method: 'POST', path: '/auth/logout', headers }), 403, 'csrf_rejected');
    const other: Headers = [['Cookie', `x${name}=anything`], ...crossSite];
    await expectProblem(rawCall(app, { method: 'POST', path: '/auth/logout', headers: other }), 401, 'token_missing');
  });

  it.each(['POST', 'PATCH', 'DELETE'])('covers %s', async (method) => {
    const jar = await signedInJar();
    const note = (await jar.send({ method: 'POST', path: '/notes', headers: [json], body: '{"title":"mine"}' }))
      .body as { id: string };
    const path = method === 'POST' ? '/notes' : `/notes/${note.id}`;
    const body = method === 'DELETE' ? undefined : '{"title":"theirs"}';
    const headers = body === undefined ? crossSite : [json, ...crossSite];
    await expectProblem(jar.send({ method, path, headers, body }), 403, 'csrf_rejected');
    expect((await jar.send({ path: `/notes/${note.id}` })).body).toMatchObject({ title: 'mine' });
  });

  it('comes before validation, so another site learns nothing about its body', async () => {
    const jar = await signedInJar();
    const bad = jar.send({ method: 'POST', path: '/notes', headers: [json, ...crossSite], body: '{}' });
    await expectProblem(bad, 403, 'csrf_rejected');
  });

  it('covers the delivery in every spelling that would set a cookie', async () => {
    const send = (body: string) =>
      rawCall(app, { method: 'POST', path: '/auth/login', headers: [json, ...crossSite], body });
    const credentials = `"email":"${email}","password":"${goodPassword}"`;
    await expectProblem(send(`{${credentials},"delivery":"cookie"}`), 403, 'csrf_rejected');
    await expectProblem(send(`{${credentials},"\\u0064elivery":"\\u0063ookie"}`), 403, 'csrf_rejected');
    await expectProblem(send(`{${credentials},"delivery":"body","delivery":"cookie"}`), 403, 'csrf_rejected');
    for (const delivery of ['"Cookie"', '["cookie"]', '{"0":"cookie"}', 'true']) {
      const response = await expectProblem(send(`{${credentials},"delivery":${delivery}}`), 400, 'validation_failed');
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });

  it('a Bearer header that is bad does not let the cookie act instead', async () => {
    const jar = await signedInJar();
    const headers: Headers = [json, ['Authorization', 'Bearer bad'], ...crossSite];
    await expectProblem(
      jar.send({ method: 'POST', path: '/notes', headers, body: '{"title":"x"}' }),
      401,
      'token_invalid',
    );
  });

  it('with two Authorization headers neither passes', async () => {
    const jar = await signedInJar();
    const headers: Headers = [['Authorization', 'Bearer x'], ['Authorization', 'Basic x'], ...crossSite];
    await expectProblem(jar.send({ method: 'POST', path: '/auth/refresh', headers }), 400, 'invalid_request');
  });

  it('forms that another site can post are refused before the check: they are not JSON', async () => {
    const jar = await signedInJar();
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain']) {
      const response = jar.send({
        method: 'POST',
        path: '/notes',
        headers: [['Content-Type', type], ...crossSite],
        body: '{"title":"x"}',
      });
      await expectProblem(response, 415, 'unsupported_media_type');
    }
  });
});
