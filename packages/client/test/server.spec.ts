import { cookiesOf } from '../../../test/auth/cookies.js';
import type { TestApp } from '../../../test/support/app.js';
import { startApp } from '../../../test/support/app.js';
import { call, goodPassword, newEmail } from '../../../test/support/http.js';
import { unwrap } from '../src/index.js';
import type { PawlRequest } from '../src/server.js';
import { createPawlServer } from '../src/server.js';
import type { Mishap, Network } from './network.js';
import { newNetwork } from './network.js';

const accessTokenLifeSeconds = 15 * 60;

let app: TestApp;
let network: Network;
let browser: BrowserCookies;
beforeAll(async () => (app = await startApp()));
beforeEach(async () => {
  network = newNetwork();
  browser = new BrowserCookies();
  const body = { email: newEmail(), password: goodPassword, delivery: 'cookie' };
  browser.take((await call(app, 'POST', '/auth/register', { body })).headers);
});
afterAll(() => app.close());

/** A process that renders pages. */
const newServer = () => createPawlServer({ url: app.url, fetch: network.fetch });

/** A browser keeps cookies until they expire. */
class BrowserCookies {
  private readonly jar = new Map<string, { value: string; untilSeconds: number }>();

  take(headers: Headers): void {
    for (const [name, { value, attributes }] of Object.entries(cookiesOf({ status: 200, headers, body: undefined }))) {
      this.jar.set(name, { value, untilSeconds: app.clock.nowSeconds() + Number(attributes['max-age']) });
    }
  }

  get cookie(): string {
    return Array.from(this.jar)
      .filter(([, { untilSeconds }]) => untilSeconds > app.clock.nowSeconds())
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  request(headers: Record<string, string> = {}): Request {
    return new Request('https://app.example.com/', { headers: { cookie: this.cookie, ...headers } });
  }
}

/** Renders a page that makes several calls, and returns the headers of its response. */
async function render(server = newServer()): Promise<Headers> {
  const pawl = server.forRequest(browser.request());
  const [session, me, notes] = await Promise.all([pawl.session(), pawl.fetch('/auth/me'), pawl.api.GET('/notes')]);
  expect(session).not.toBeNull();
  expect([me.status, notes.response.status]).toEqual([200, 200]);
  const headers = new Headers();
  pawl.appendTo(headers);
  return headers;
}

function handedBack(pawl: PawlRequest): Headers {
  const headers = new Headers();
  pawl.appendTo(headers);
  return headers;
}

async function reuses(): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM audit_events WHERE event = 'session.reused'`;
  return (await app.db.query<{ count: number }>(sql))[0]!.count;
}

describe('a render', () => {
  it('knows who is signed in, and refreshes nothing while the access cookie is good', async () => {
    expect((await render()).getSetCookie()).toEqual([]);
    expect(network.refreshes()).toEqual([]);
  });

  it('refreshes once for all of its calls when the access cookie has expired, and hands the new cookies back', async () => {
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const headers = await render();
    expect(network.refreshes()).toEqual(['rotate']);
    expect(headers.getSetCookie().map((value) => value.split('=', 1)[0])).toEqual([
      '__Host-pawl_access',
      '__Host-pawl_refresh',
    ]);
    expect(headers.getSetCookie()[0]).toMatch(/HttpOnly/);
    browser.take(headers);
    expect((await render()).getSetCookie()).toEqual([]);
  });

  it('refreshes once after a 401: a token can be revoked before it expires', async () => {
    const [access] = /__Host-pawl_access=[^;]+/.exec(browser.cookie)!;
    const cookie = browser.cookie.replace(access, `${access}x`);
    const pawl = newServer().forRequest(new Request('https://app.example.com/', { headers: { cookie } }));
    expect((await pawl.fetch('/auth/me')).status).toBe(200);
    expect((await pawl.fetch('/notes')).status).toBe(200);
    expect(network.refreshes()).toHaveLength(1);
  });

  it('shares one refresh among the calls that are refused together', async () => {
    const cookie = browser.cookie.replace(/(__Host-pawl_access=[^;]+)/, '$1x');
    const pawl = newServer().forRequest(browser.request({ cookie }));
    const calls = await Promise.all(['/auth/me', '/notes', '/auth/me', '/notes'].map((path) => pawl.fetch(path)));
    expect(calls.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(network.refreshes()).toEqual(['rotate']);
  });

  it.each<[string, (own: string[]) => string]>([
    ['with a comma between them, as some platforms join Cookie headers', (own) => `a=1, ${own.join(', ')}`],
    ['without spaces', (own) => own.join(';')],
    ['among odd ones', ([access, refresh]) => `flag; a=%ZZ; =; ${access}; a="q; ${refresh}; x__Host-pawl_access=0`],
  ])('reads its cookies %s', async (_name, join) => {
    const cookie = join(browser.cookie.split('; ').filter((pair) => /_(access|refresh)=/.test(pair)));
    const headers = { get: (name: string) => (name === 'cookie' ? cookie : null) } as Headers;
    const pawl = newServer().forRequest({ headers });
    expect((await pawl.session())?.user).toBeDefined();
    expect((await pawl.fetch('/auth/me')).status).toBe(200);
  });

  it('leaves the cookies of the application as they are for what runs after it', async () => {
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const cookie = `flag; a=1; ${browser.cookie}; a=2`;
    const pawl = newServer().forRequest(browser.request({ cookie }));
    expect(pawl.cookie).toBe(cookie);
    await pawl.accessToken();
    expect(pawl.cookie).toMatch(/^flag; a=1;.* a=2; __Host-pawl_access=[^;]+; __Host-pawl_refresh=[^;]+$/);
    expect(pawl.cookie.match(/__Host-pawl_refresh/g)).toHaveLength(1);
  });

  it('says how long to wait if Pawl says so, and signs nobody out', async () => {
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const busy = Response.json(
      { code: 'rate_limited', detail: 'Later.' },
      { status: 429, headers: { 'Retry-After': '60' } },
    );
    network.mishaps.set('/auth/refresh', [busy]);
    const pawl = newServer().forRequest(browser.request());
    await expect(pawl.fetch('/auth/me')).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 });
    browser.take(await render());
  });

  it.each(['<h1>Maintenance</h1>', '{}'])('does not take %s for a visitor who is not signed in', async (body) => {
    network.mishaps.set('/auth/session', [new Response(body)]);
    const session = newServer().forRequest(browser.request()).session();
    await expect(session).rejects.toMatchObject({ name: 'PawlError', code: 'unexpected_response' });
  });

  it('never calls another host, whatever the path is (attack: a path from the visitor)', async () => {
    const hosts = new Set<string>();
    const fetch: typeof globalThis.fetch = async (input, init) => {
      hosts.add(new URL(new Request(input, init).url).host);
      return Response.json({});
    };
    const pawl = createPawlServer({ url: 'http://pawl.test', fetch }).forRequest(browser.request());
    for (const path of ['.evil.example/', '@evil.example/', ':80@evil.example/', '//evil.example', '/\\evil.example']) {
      await pawl.fetch(path);
    }
    expect([...hosts]).toEqual(['pawl.test']);
  });

  it('repeats a refresh whose response was lost', async () => {
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', ['lose', 'unsent']);
    browser.take(await render());
    expect(network.refreshes()).toEqual(['rotate', 'replay']);
    expect((await render()).getSetCookie()).toEqual([]);
  });

  it('fails while Pawl cannot be reached, and signs nobody out', async () => {
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', Array<Mishap>(4).fill('unsent'));
    const pawl = newServer().forRequest(browser.request());
    await expect(pawl.fetch('/auth/me')).rejects.toMatchObject({ code: 'network_error' });
    expect(pawl.setCookies).toEqual([]);
    browser.take(await render());
  });

  it('of a visitor who is not signed in asks nobody', async () => {
    const pawl = newServer().forRequest(new Request('https://app.example.com/', { headers: { cookie: 'theme=dark' } }));
    expect([await pawl.session(), await pawl.accessToken()]).toEqual([null, undefined]);
    expect(network.log).toEqual([]);
  });

  it('of a session that has ended shows nobody, and leaves the cookies alone: another tab may have newer ones', async () => {
    await call(app, 'POST', '/auth/logout', { headers: { cookie: browser.cookie } });
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const pawl = newServer().forRequest(browser.request());
    expect([await pawl.session(), await pawl.accessToken()]).toEqual([null, undefined]);
    expect((await pawl.fetch('/auth/me')).status).toBe(401);
    expect(pawl.setCookies).toEqual([]);
  });

  it('sends Pawl its own cookies and none of the application’s, and who the browser is', async () => {
    const cookie = `secret=of-the-application; ${browser.cookie}`;
    const request = browser.request({ cookie, 'user-agent': 'A browser' });
    const pawl = newServer().forRequest(request, { clientAddress: '203.0.113.7' });
    await pawl.session();
    const sent = network.sent.get('/auth/session')!;
    expect(sent.get('cookie')).not.toContain('secret');
    expect([sent.get('user-agent'), sent.get('x-forwarded-for')]).toEqual(['A browser', '203.0.113.7']);
  });

  it('after a middleware has refreshed does not refresh again', async () => {
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const middleware = newServer().forRequest(browser.request({ cookie: `theme=dark; ${browser.cookie}` }));
    await middleware.accessToken();
    const page = newServer().forRequest(browser.request({ cookie: middleware.cookie }));
    expect((await page.fetch('/auth/me')).status).toBe(200);
    expect(middleware.cookie).toContain('theme=dark');
    expect(network.refreshes()).toEqual(['rotate']);
  });
});

describe('an action of a page', () => {
  it('that signs in, changes the password and signs out hands the cookies of each to the browser', async () => {
    const email = newEmail();
    await call(app, 'POST', '/auth/register', { body: { email, password: goodPassword } });
    browser = new BrowserCookies();

    const signIn = newServer().forRequest(browser.request());
    await unwrap(signIn.api.POST('/auth/login', { body: { email, password: goodPassword, delivery: 'cookie' } }));
    expect((await signIn.fetch('/auth/me')).status).toBe(200);
    browser.take(handedBack(signIn));

    const change = newServer().forRequest(browser.request());
    const body = { current_password: goodPassword, new_password: 'another horse, another battery' };
    await unwrap(change.api.POST('/auth/password', { body }));
    browser.take(handedBack(change));
    await render();

    const signOut = newServer().forRequest(browser.request());
    await unwrap(signOut.api.POST('/auth/logout'));
    expect([await signOut.session(), await signOut.accessToken(), signOut.cookie]).toEqual([null, undefined, '']);
    browser.take(handedBack(signOut));
    expect(browser.cookie).not.toMatch(/_access|_refresh/);
  });
});

describe('20 renders at the moment when the access cookie has expired', () => {
  it('of one process share one refresh', async () => {
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const server = newServer();
    const pages = await Promise.all(Array.from({ length: 20 }, () => render(server)));
    expect(network.refreshes()).toEqual(['rotate']);
    for (const headers of pages) expect(headers.getSetCookie()).toHaveLength(2);
  });

  it('of 20 processes never end in reuse, whichever response reaches the browser last', async () => {
    for (let round = 0; round < 4; round++) {
      app.clock.advanceSeconds(accessTokenLifeSeconds);
      const pages = await Promise.all(Array.from({ length: 20 }, () => render()));
      for (const headers of pages.sort(() => Math.random() - 0.5)) browser.take(headers);
    }
    expect(await reuses()).toBe(0);
  });

  it('that cannot set cookies leave the browser its token, which is good for its next refresh', async () => {
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    await Promise.all(Array.from({ length: 20 }, () => render()));
    app.clock.advanceSeconds(5 * 60);
    // The browser still has the token from before.
    browser.take(await render());
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    browser.take(await render());
    expect(await reuses()).toBe(0);
  });
});
