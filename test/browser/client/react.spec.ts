import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import { goodPassword, newEmail } from '../../support/http.js';
import { launchChromium } from '../chromium.js';
import type { Proxy } from './proxy.js';
import { startProxy } from './proxy.js';
import { openTab, startFrontend } from './tabs.js';

let frontend: Awaited<ReturnType<typeof startFrontend>>;
let app: TestApp;
let proxy: Proxy;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  frontend = await startFrontend('strict-mode.mjs');
  app = await startApp({ env: { CORS_ORIGINS: frontend.origin } });
  browser = await launchChromium();
});
beforeEach(async () => {
  proxy = await startProxy(app.url);
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  await proxy.close();
});
afterAll(async () => {
  await browser.close();
  await app.close();
  await frontend.close();
});

describe.each(['cookie', 'bearer'])('@pawl/client/react in StrictMode, in %s mode', (mode) => {
  const open = () => openTab(context, `${frontend.origin}/?mode=${mode}&url=${encodeURIComponent(proxy.url)}`);
  const shows = (tab: Page, text: string) =>
    tab.waitForFunction(
      `[...document.querySelectorAll('[role=status]')].every(({ textContent }) => textContent === ${JSON.stringify(text)})`,
    );

  it('shows who is signed in, in every component and every tab', async () => {
    const [tab, other] = [await open(), await open()];
    await shows(tab, 'signed_out');
    const email = newEmail();
    await tab.evaluate(`pawl.register(${JSON.stringify({ email, password: goodPassword })}).then(() => undefined)`);
    for (const page of [tab, other]) await shows(page, `signed_in ${email} 200`);
    await other.evaluate('pawl.signOut()');
    await shows(tab, 'signed_out 200');
    await shows(other, 'signed_out 200');
  });

  it('refreshes once on a page that opens with an expired token, although every effect runs twice', async () => {
    const first = await open();
    const email = newEmail();
    await first.evaluate(`pawl.register(${JSON.stringify({ email, password: goodPassword })}).then(() => undefined)`);
    await first.close();
    app.clock.advanceSeconds(16 * 60);
    const tab = await open();
    await shows(tab, `signed_in ${email} 200`);
    expect(proxy.count('/auth/refresh')).toBe(1);
  });

  it('says that the service cannot be reached, and asks again when the browser is online', async () => {
    if (mode === 'bearer') return; // The storage knows.
    await context.route('**/auth/session', (route) => route.abort());
    const tab = await open();
    await shows(tab, 'unavailable');
    await context.unroute('**/auth/session');
    await context.setOffline(true);
    await context.setOffline(false);
    await shows(tab, 'signed_out');
  });
});
