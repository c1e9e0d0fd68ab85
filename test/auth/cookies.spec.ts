import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, refresh, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';
import { accessCookie, CookieJar, cookiesOf, refreshCookie } from './cookies.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const json = ['Content-Type', 'application/json'] as const;
const thirtyDays = 30 * 24 * 60 * 60;

/** A new user in cookie mode, registered or signed in. */
async function signIn(on: TestApp = app): Promise<{ jar: CookieJar; answer: Answer; email: string }> {
  const email = newEmail();
  await register(on, { email });
  const answer = await call(on, 'POST', '/auth/login', { body: { email, password: goodPassword, delivery: 'cookie' } });
  const jar = new CookieJar(on);
  jar.keep(answer);
  return { jar, answer, email };
}

const me = (jar: CookieJar) => jar.send({ path: '/auth/me' });
const refreshing = (jar: CookieJar) => jar.send({ method: 'POST', path: '/auth/refresh' });

describe('a sign-in with delivery "cookie"', () => {
  it.each(['register', 'login'])(
    'sets both cookies, for this host only and out of reach of script: %s',
    async (how) => {
      const body = { email: newEmail(), password: goodPassword };
      if (how === 'login') await register(app, body);
      const answer = await call(app, 'POST', `/auth/${how}`, { body: { ...body, delivery: 'cookie' } });
      const cookies = cookiesOf(answer);
      expect(Object.keys(cookies).sort()).toEqual([accessCookie, refreshCookie]);
      const attributes = { httponly: true, secure: true, samesite: 'Lax', path: '/' };
      // No Domain: the __Host- prefix forbids it.
      expect(cookies[accessCookie]).toEqual({
        value: expect.stringMatching(/^ey[\w.-]+$/),
        attributes: { ...attributes, 'max-age': '900' },
      });
      expect(cookies[refreshCookie]).toEqual({
        value: expect.stringMatching(/^pwl1_[\w-]{128}$/),
        attributes: { ...attributes, 'max-age': String(thirtyDays) },
      });
    },
  );

  it('leaves both tokens out of the body, and keeps the rest of a token response', async () => {
    const { answer, email } = await signIn();
    expect(answer.body).toEqual({
      token_type: 'Bearer',
      expires_in: 900,
      session_id: expect.any(String),
      user: expect.objectContaining({ email }),
    });
  });

  it.each([
    ['strict', 'Strict'],
    ['none', 'None'],
    ['lax', 'Lax'],
  ])('has SameSite as COOKIE_SAMESITE=%s says', async (setting, samesite) => {
    const own = await startAppForTest({ env: { COOKIE_SAMESITE: setting } });
    const { answer } = await signIn(own);
    for (const { attributes } of Object.values(cookiesOf(answer))) {
      expect(attributes).toMatchObject({ samesite, secure: true, httponly: true });
    }
  });

  it('is not kept longer than the session lives', async () => {
    const own = await startAppForTest({ env: { SESSION_TTL: '10m' } });
    const { answer } = await signIn(own);
    for (const { attributes } of Object.values(cookiesOf(answer))) {
      expect(Number(attributes['max-age'])).toBeGreaterThan(590);
      expect(Number(attributes['max-age'])).toBeLessThanOrEqual(600);
    }
  });

  it('sets no cookie when it fails', async () => {
    const { email } = await signIn();
    const body = { email, password: 'wrong password', delivery: 'cookie' };
    const wrong = await expectProblem(call(app, 'POST', '/auth/login', { body }), 401, 'invalid_credentials');
    expect(wrong.headers.getSetCookie()).toEqual([]);
    const taken = await expectProblem(
      call(app, 'POST', '/auth/register', { body: { email, password: goodPassword, delivery: 'cookie' } }),
      409,
      'email_taken',
    );
    expect(taken.headers.getSetCookie()).toEqual([]);
  });
});

describe('the access cookie', () => {
  it('authenticates like a bearer token', async () => {
    const { jar, email } = await signIn();
    expect(await expectStatus(me(jar), 200)).toMatchObject({ email });
    const note = jar.send({ method: 'POST', path: '/notes', headers: [json], body: '{"title":"by cookie"}' });
    await expectStatus(note, 201);
  });

  it('expires and is revoked like a bearer token', async () => {
    const { jar } = await signIn();
    app.clock.advanceSeconds(901);
    await expectProblem(me(jar), 401, 'token_expired');
    app.clock.advanceSeconds(-901);
    const access = ['Cookie', `${accessCookie}=${jar.access!}`] as const;
    await expectStatus(jar.send({ method: 'POST', path: '/auth/logout' }), 204);
    await expectProblem(rawCall(app, { path: '/auth/me', headers: [access] }), 401, 'token_revoked');
  });

  it('is ignored if the request has an Authorization header, valid or not', async () => {
    const { jar } = await signIn();
    const other = await register(app);
    const withHeader = (authorization: string) =>
      jar.send({ path: '/auth/me', headers: [['Authorization', authorization]] });
    expect(await expectStatus(withHeader(`Bearer ${other.access_token}`), 200)).toMatchObject({ id: other.user.id });
    await expectProblem(withHeader('Bearer bad'), 401, 'token_invalid');
    await expectProblem(withHeader('Bearer'), 401, 'token_invalid');
    // Browsers send Basic by themselves. It is not a credential here, and it must not activate the cookie (docs/frontends.md).
    await expectProblem(withHeader('Basic dXNlcjpwYXNz'), 401, 'token_missing');
    await expectProblem(withHeader(''), 401, 'token_missing');
  });

  it('does not stand in for the refresh cookie, nor the other way round', async () => {
    const { jar } = await signIn();
    const swapped = ['Cookie', `${accessCookie}=${jar.refresh!}; ${refreshCookie}=${jar.access!}`] as const;
    await expectProblem(rawCall(app, { path: '/auth/me', headers: [swapped] }), 401, 'token_invalid');
    await expectProblem(
      rawCall(app, { method: 'POST', path: '/auth/refresh', headers: [swapped] }),
      401,
      'refresh_invalid',
    );
  });

  it('without its prefix is ignored: a subdomain could have set it', async () => {
    const { jar } = await signIn();
    for (const name of ['pawl_access', '__Secure-pawl_access', '__host-pawl_access', 'access_token']) {
      const headers = [['Cookie', `${name}=${jar.access!}`]] as const;
      await expectProblem(rawCall(app, { path: '/auth/me', headers }), 401, 'token_missing');
    }
  });
});

describe('a refresh', () => {
  it('by cookie returns cookies, and the next one works', async () => {
    const { jar } = await signIn();
    const before = { access: jar.access, refresh: jar.refresh };
    const answer = await refreshing(jar);
    const body = await expectStatus(Promise.resolve(answer), 200);
    expect(body).not.toHaveProperty('access_token');
    expect(body).not.toHaveProperty('refresh_token');
    expect(answer.headers.get('pawl-refresh')).toBe('rotate');
    expect(jar.access).not.toBe(before.access);
    expect(jar.refresh).not.toBe(before.refresh);
    await expectStatus(me(jar), 200);
    app.clock.advanceSeconds(60);
    await expectStatus(refreshing(jar), 200);
    await expectStatus(me(jar), 200);
  });

  it('by body returns a body and sets no cookie, even if a cookie was sent too: the body wins', async () => {
    const { jar } = await signIn();
    const other = await register(app);
    const answer = await jar.send({
      method: 'POST',
      path: '/auth/refresh',
      headers: [json],
      body: JSON.stringify({ refresh_token: other.refresh_token }),
    });
    expect(answer.body).toMatchObject({ user: { id: other.user.id }, refresh_token: expect.any(String) });
    expect(answer.headers.getSetCookie()).toEqual([]);
    // The cookie's session was not touched.
    expect((await refreshing(jar)).headers.get('pawl-refresh')).toBe('rotate');
  });

  it('of two tabs at once: both succeed, and the cookies of either continue to work', async () => {
    const { jar } = await signIn();
    const request = { method: 'POST', path: '/auth/refresh', headers: [jar.header] };
    const [first, second] = await Promise.all([rawCall(app, request), rawCall(app, request)]);
    for (const answer of [first, second]) {
      expect(answer.status).toBe(200);
      const tab = new CookieJar(app);
      tab.keep(answer);
      await expectStatus(me(tab), 200);
    }
    app.clock.advanceSeconds(60);
    jar.keep(second);
    await expectStatus(refreshing(jar), 200);
  });

  it('that fails clears no cookie: another tab may have received newer ones', async () => {
    const { jar } = await signIn();
    await expectStatus(jar.send({ method: 'POST', path: '/auth/logout-all' }), 204);
    const { jar: stale } = await signIn();
    const headers = [stale.header];
    await call(app, 'POST', '/auth/logout', { token: stale.access! });
    const answer = await expectProblem(
      rawCall(app, { method: 'POST', path: '/auth/refresh', headers }),
      401,
      'session_revoked',
    );
    expect(answer.headers.getSetCookie()).toEqual([]);
    for (const value of ['bad', '', `pwl1_${'A'.repeat(128)}`]) {
      const bad = [['Cookie', `${refreshCookie}=${value}`]] as const;
      const refused = await expectProblem(
        rawCall(app, { method: 'POST', path: '/auth/refresh', headers: bad }),
        401,
        'refresh_invalid',
      );
      expect(refused.headers.getSetCookie()).toEqual([]);
    }
  });

  it('without any token is 401 refresh_missing', async () => {
    await expectProblem(call(app, 'POST', '/auth/refresh'), 401, 'refresh_missing');
    const { jar } = await signIn();
    const onlyAccess = [['Cookie', `${accessCookie}=${jar.access!}`]] as const;
    await expectProblem(
      rawCall(app, { method: 'POST', path: '/auth/refresh', headers: onlyAccess }),
      401,
      'refresh_missing',
    );
  });
});

describe('a logout', () => {
  const cleared = (answer: Answer) => {
    expect(answer.status).toBe(204);
    const cookies = cookiesOf(answer);
    expect(Object.keys(cookies).sort()).toEqual([accessCookie, refreshCookie]);
    for (const { value, attributes } of Object.values(cookies)) {
      // As they were set, since a browser drops a Set-Cookie of this prefix without Secure and Path=/.
      expect({ value, attributes }).toEqual({
        value: '',
        attributes: { 'max-age': '0', httponly: true, secure: true, samesite: 'Lax', path: '/' },
      });
    }
  };

  it('by cookie ends the session and clears both cookies', async () => {
    const { jar } = await signIn();
    const old = jar.refresh;
    cleared(await jar.send({ method: 'POST', path: '/auth/logout' }));
    expect([jar.access, jar.refresh]).toEqual([undefined, undefined]);
    await expectProblem(refresh(app, old), 401, 'session_revoked');
  });

  it('with the refresh cookie alone, as after a pause, does the same', async () => {
    const { jar } = await signIn();
    const headers = [['Cookie', `${refreshCookie}=${jar.refresh!}`]] as const;
    cleared(await rawCall(app, { method: 'POST', path: '/auth/logout', headers }));
    await expectProblem(refreshing(jar), 401, 'session_revoked');
  });

  it('with an access cookie that has expired does the same', async () => {
    const { jar } = await signIn();
    app.clock.advanceSeconds(901);
    const headers = [['Cookie', `${accessCookie}=${jar.access!}`]] as const;
    cleared(await rawCall(app, { method: 'POST', path: '/auth/logout', headers }));
    app.clock.advanceSeconds(-901);
    await expectProblem(refreshing(jar), 401, 'session_revoked');
  });

  it('with invalid cookies clears them nevertheless', async () => {
    const headers = [['Cookie', `${accessCookie}=bad; ${refreshCookie}=bad`]] as const;
    cleared(await rawCall(app, { method: 'POST', path: '/auth/logout', headers }));
  });

  it('everywhere clears both cookies too', async () => {
    const { jar } = await signIn();
    cleared(await jar.send({ method: 'POST', path: '/auth/logout-all' }));
  });

  it('by bearer or body sets no cookie', async () => {
    const first = await register(app);
    expect((await call(app, 'POST', '/auth/logout', { token: first.access_token })).headers.getSetCookie()).toEqual([]);
    const second: Tokens = await register(app);
    const byBody = await call(app, 'POST', '/auth/logout', { body: { refresh_token: second.refresh_token } });
    expect({ status: byBody.status, cookies: byBody.headers.getSetCookie() }).toEqual({ status: 204, cookies: [] });
  });

  it('that fails clears no cookie', async () => {
    const { jar } = await signIn();
    const answer = await jar.send({
      method: 'POST',
      path: '/auth/logout',
      headers: [['Sec-Fetch-Site', 'cross-site']],
    });
    await expectProblem(answer, 403, 'csrf_rejected');
    expect(answer.headers.getSetCookie()).toEqual([]);
    await expectStatus(me(jar), 200);
  });
});
