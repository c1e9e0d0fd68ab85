import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createApplication } from '../../../docs/examples/frontends/same-origin.js';
import { bundle } from '../../../packages/client/test/bundle.js';
import type { TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import { createCertificate } from '../../support/certificate.js';
import { goodPassword, newEmail, register } from '../../support/http.js';
import { launchChromium, siblingHosts } from '../chromium.js';
import { forward, startFetchServer } from './fetch-server.js';

let browser: Browser;
let context: BrowserContext;
beforeAll(async () => (browser = await launchChromium()));
beforeEach(async () => (context = await browser.newContext({ ignoreHTTPSErrors: true })));
afterEach(() => context.close());
afterAll(() => browser.close());

async function reuses(app: TestApp): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM audit_events WHERE event = 'session.reused'`;
  return (await app.db.query<{ count: number }>(sql))[0]!.count;
}

describe('docs/examples/frontends/same-origin.ts: the application forwards Pawl’s paths', () => {
  let app: TestApp;
  let application: Awaited<ReturnType<typeof startFetchServer>>;
  let page: Page;
  beforeAll(async () => {
    app = await startApp();
    application = await startFetchServer(createApplication(app.url));
  });
  beforeEach(async () => (page = await context.newPage()));
  afterAll(async () => {
    await application.close();
    await app.close();
  });

  const heading = () => page.getByRole('heading').innerText();

  it('renders who is signed in, on the server', async () => {
    await page.goto(`http://localhost:${application.port}/`);
    expect(await heading()).toBe('Nobody is signed in');
    const email = newEmail();
    await signUp(email);
    await page.reload();
    expect(await heading()).toBe(email);
    expect(await page.getByText('0 notes').isVisible()).toBe(true);
  });

  it('renders 20 pages in parallel at the moment of expiry, again and again: nobody is signed out, no reuse', async () => {
    const email = newEmail();
    await page.goto(`http://localhost:${application.port}/`);
    await signUp(email);
    for (let round = 0; round < 4; round++) {
      app.clock.advanceSeconds(16 * 60);
      const pages: string[] = await page.evaluate(
        `Promise.all(Array.from({ length: 20 }, (_, i) => fetch('/?' + i).then((response) => response.text())))`,
      );
      for (const html of pages) expect(html).toContain(`<h1>${email}</h1><p>0 notes</p>`);
      // The browser itself refreshes as well, with the cookies that it got last.
      const status = await page.evaluate<number>(`fetch('/auth/refresh', { method: 'POST' }).then((r) => r.status)`);
      expect(status).toBe(200);
    }
    expect(await reuses(app)).toBe(0);
  });

  async function signUp(email: string): Promise<void> {
    const body = { email, password: goodPassword, delivery: 'cookie' };
    await page.evaluate(
      `fetch('/auth/register', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(body))} }).then(() => undefined)`,
    );
  }
});

describe('docs/examples/frontends/sibling.mjs: Pawl at another subdomain', () => {
  let app: TestApp;
  let pawl: Awaited<ReturnType<typeof startFetchServer>>;
  let application: Awaited<ReturnType<typeof startFetchServer>>;
  let otherSite: Awaited<ReturnType<typeof startFetchServer>>;
  /** The cookies that the application’s own server receives. */
  let received: (string | null)[];

  beforeAll(async () => {
    const tls = await createCertificate();
    let pawlUrl = '';
    const serveExample = async (name: string) => {
      const script = await bundle(new URL(`../../../docs/examples/frontends/${name}`, import.meta.url).pathname);
      return startFetchServer(async (request) => {
        received.push(request.headers.get('cookie'));
        const isScript = new URL(request.url).pathname === '/page.js';
        const headers = { 'Content-Type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' };
        return new Response(isScript ? script : examplePage(pawlUrl), { headers });
      }, tls);
    };
    application = await serveExample('sibling.mjs');
    otherSite = await serveExample('other-site.mjs');
    pawl = await startFetchServer((request) => forward(request, app.url), tls);
    pawlUrl = `https://${siblingHosts.auth}:${pawl.port}`;
    app = await startApp({ env: { PUBLIC_URL: pawlUrl, CORS_ORIGINS: `${applicationUrl()},${otherSiteUrl()}` } });
  });
  beforeEach(() => (received = []));
  afterAll(async () => {
    await application.close();
    await otherSite.close();
    await pawl.close();
    await app.close();
  });

  const otherSiteUrl = () => `https://localhost:${otherSite.port}`;
  const applicationUrl = () => `https://${siblingHosts.app}:${application.port}`;

  it('signs in, and is signed in when the page opens again', async () => {
    const { user } = await register(app);
    const page = await context.newPage();
    await page.goto(applicationUrl());
    await page.getByText('Signed out').waitFor();
    await page.getByLabel('Email').fill(user.email);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button').click();
    await page.getByText('The email address or the password is incorrect.').waitFor();
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button').click();
    await page.getByText(`Signed in as ${user.email}`).waitFor();
    await page.reload();
    await page.getByText(`Signed in as ${user.email}`).waitFor();
  });

  it('keeps its __Host- cookies to Pawl’s host: the application’s server never sees them', async () => {
    const { user } = await register(app);
    const page = await context.newPage();
    await page.goto(applicationUrl());
    await page.getByLabel('Email').fill(user.email);
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button').click();
    await page.getByText(`Signed in as ${user.email}`).waitFor();
    await page.reload();
    expect((await context.cookies()).map(({ name, domain }) => `${name} ${domain}`).sort()).toEqual([
      `__Host-pawl_access ${siblingHosts.auth}`,
      `__Host-pawl_refresh ${siblingHosts.auth}`,
    ]);
    expect(received.length).toBeGreaterThan(1);
    expect(new Set(received)).toEqual(new Set([null]));
  });

  it('on another site, docs/examples/frontends/other-site.mjs keeps the tokens itself, and has no cookies', async () => {
    const { user } = await register(app);
    const page = await context.newPage();
    await page.goto(otherSiteUrl());
    await page.getByText('Signed out').waitFor();
    await page.getByLabel('Email').fill(user.email);
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(`Signed in as ${user.email}`).waitFor();
    app.clock.advanceSeconds(16 * 60);
    await page.reload();
    await page.getByText(`Signed in as ${user.email}`).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Signed out').waitFor();
    expect(await context.cookies()).toEqual([]);
  });
});

function examplePage(pawlUrl: string): string {
  return `<!doctype html><html lang="en" data-pawl="${pawlUrl}"><meta charset="utf-8"><title>Example</title>
<form hidden>
<label>Email <input name="email" type="email"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button>
</form>
<button id="sign-out" type="button" hidden>Sign out</button>
<p role="status">Loading</p>
<script type="module" src="/page.js"></script></html>`;
}
