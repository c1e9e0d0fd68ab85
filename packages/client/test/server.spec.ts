import { cookiesOf } from '../../../test/auth/cookies.js';
import type { TestApp } from '../../../test/support/app.js';
import { startApp } from '../../../test/support/app.js';
import { call, goodPassword, newEmail } from '../../../test/support/http.js';
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
