import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { goodPassword, newEmail, register } from '../support/http.js';
import { launchChromium } from './chromium.js';
import type { PageServer } from './page-server.js';
import { startPageServer } from './page-server.js';

interface Seen {
  status: number;
  headers: string[];
  body: Record<string, unknown>;
}

let pages: PageServer;
let app: TestApp;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  pages = await startPageServer();
  app = await startApp({ env: { CORS_ORIGINS: `http://localhost:${pages.port}` } });
  browser = await launchChromium();
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await openFrontend();
});
afterEach(() => context.close());
afterAll(async () => {
  await browser.close();
  await app.close();
  await pages.close();
});

const service = () => `http://localhost:${new URL(app.url).port}`;

async function openFrontend(): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(`http://localhost:${pages.port}/frontend?service=${encodeURIComponent(service())}`);
  return tab;
}

const send = (method: string, path: string, body?: unknown, tab = page): Promise<Seen> =>
  tab.evaluate(`send(${JSON.stringify(method)}, ${JSON.stringify(path)}, ${JSON.stringify(body)})`);

async function signIn(): Promise<string> {
  const { user } = await register(app, { email: newEmail() });
  const response = await send('POST', '/auth/login', { email: user.email, password: goodPassword, delivery: 'cookie' });
  expect(response).toMatchObject({ status: 200, body: { user: { id: user.id } } });
  return user.id;
}

describe('a frontend of ours, on another origin of the same site, in Chromium', () => {
  it('signs in, and the browser keeps both cookies, although this is http://localhost', async () => {
    await signIn();
    const cookies = await context.cookies(service());
    expect(cookies.map(({ name }) => name).sort()).toEqual(['__Host-pawl_access', '__Host-pawl_refresh']);
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: 'localhost' });
    }
  });

  it('registers into cookies too', async () => {
    const body = { email: newEmail(), password: goodPassword, delivery: 'cookie' };
    expect(await send('POST', '/auth/register', body)).toMatchObject({ status: 201 });
    expect(await send('GET', '/auth/me')).toMatchObject({ status: 200, body: { email: body.email } });
  });

  it('is authenticated by the cookie alone: reads, writes, deletes', async () => {
    const userId = await signIn();
    expect(await send('GET', '/auth/me')).toMatchObject({ status: 200, body: { id: userId } });
    const note = await send('POST', '/notes', { title: 'from a browser' });
    expect(note).toMatchObject({ status: 201, body: { user_id: userId } });
    expect(await send('PATCH', `/notes/${note.body['id'] as string}`, { title: 'changed' })).toMatchObject({
      status: 200,
    });
    expect(await send('DELETE', `/notes/${note.body['id'] as string}`)).toMatchObject({ status: 204 });
  });

  it('has no access to the cookies by script, and finds no token in a response', async () => {
    await signIn();
    expect(await page.evaluate('visibleCookies()')).toBe('');
    for (const response of [await send('POST', '/auth/refresh'), await send('GET', '/auth/me')]) {
      expect(response.status).toBe(200);
      expect(response.headers).not.toContain('set-cookie');
      expect(JSON.stringify(response.body)).not.toMatch(/pwl1_|eyJ/);
    }
  });

  it('refreshes when its access token has expired', async () => {
    await signIn();
    const before = await context.cookies();
    app.clock.advanceSeconds(16 * 60);
    expect(await send('GET', '/auth/me')).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    const refreshed = await send('POST', '/auth/refresh');
    expect(refreshed).toMatchObject({ status: 200 });
    expect(refreshed.headers).toContain('pawl-refresh');
    expect(await send('GET', '/auth/me')).toMatchObject({ status: 200 });
    const values = (await context.cookies()).map(({ value }) => value);
    for (const { value } of before) expect(values).not.toContain(value);
  });

  it('two tabs that refresh at the same time both stay signed in', async () => {
    await signIn();
    const second = await openFrontend();
    for (let round = 0; round < 3; round++) {
      const responses = await Promise.all([
        send('POST', '/auth/refresh', undefined, page),
        send('POST', '/auth/refresh', undefined, second),
      ]);
      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
      expect(await send('GET', '/auth/me', undefined, second)).toMatchObject({ status: 200 });
      app.clock.advanceSeconds(60);
    }
  });

  it('signs out: the browser drops both cookies', async () => {
    await signIn();
    expect(await send('POST', '/auth/logout')).toMatchObject({ status: 204 });
    expect(await context.cookies(service())).toEqual([]);
    expect(await send('GET', '/auth/me')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  });
});
