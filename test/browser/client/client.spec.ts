import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import { goodPassword, newEmail, register } from '../../support/http.js';
import { until } from '../../support/until.js';
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
  frontend = await startFrontend('frontend.mjs');
  app = await startApp({ env: { CORS_ORIGINS: frontend.origin, ACCESS_TOKEN_TTL: '2s' } });
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

/** As long as it takes until a refresh rotates again. */
const pastGraceSeconds = 60;

async function reuses(): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM audit_events WHERE event = 'session.reused'`;
  return (await app.db.query<{ count: number }>(sql))[0]!.count;
}

describe.each(['cookie', 'bearer'])('the client in Chromium, in %s mode', (mode) => {
  const open = () => openTab(context, `${frontend.origin}/?mode=${mode}&url=${encodeURIComponent(proxy.url)}`);
  const openMany = (count: number) => Promise.all(Array.from({ length: count }, open));

  const register = (tab: Page, email = newEmail()): Promise<string> =>
    tab.evaluate(
      `pawl.register(${JSON.stringify({ email, password: goodPassword })}).then(({ session }) => session.user.id)`,
    );
  const readMany = (tab: Page, count: number): Promise<number[]> => tab.evaluate(`readMany(${count})`);
  const read = (tab: Page): Promise<number> => tab.evaluate(`read('/auth/me')`);
  const userOf = (tab: Page): Promise<string | null> => tab.evaluate('pawl.session().then((s) => s && s.user.id)');
  const changesOf = (tab: Page): Promise<(string | null)[]> => tab.evaluate('changes');

  async function expectSignedIn(tabs: Page[], userId: string): Promise<void> {
    for (const tab of tabs) {
      expect(await userOf(tab)).toBe(userId);
      expect(await changesOf(tab)).not.toContain(null);
    }
    expect(await reuses()).toBe(0);
  }

  it('keeps 5 tabs signed in through 100 parallel calls, tokens of 2 s, and a proxy that loses every third response', async () => {
    const tabs = await openMany(5);
    const userId = await register(tabs[0]!);
    proxy.loseEvery(3);
    for (let round = 0; round < 3; round++) {
      app.clock.advanceSeconds(pastGraceSeconds);
      const statuses = await Promise.all(tabs.map((tab) => readMany(tab, 20)));
      expect(statuses.flat()).toEqual(Array<number>(100).fill(200));
    }
    proxy.loseEvery(0);
    await expectSignedIn(tabs, userId);
  });

  it('lets one tab refresh for all of them', async () => {
    const [leader, follower] = (await openMany(2)) as [Page, Page];
    const userId = await register(leader);
    await until(async () => (await userOf(follower)) === userId);
    app.clock.advanceSeconds(pastGraceSeconds);
    const release = proxy.hold('/auth/refresh');
    const first = read(leader);
    await until(() => proxy.count('/auth/refresh') === 1);
    const second = read(follower);
    await follower.waitForTimeout(500);
    release();
    expect(await Promise.all([first, second])).toEqual([200, 200]);
    expect(proxy.count('/auth/refresh')).toBe(1);
  });

  it('waits for no tab that is gone', async () => {
    const [leader, follower] = (await openMany(2)) as [Page, Page];
    const userId = await register(leader);
    await until(async () => (await userOf(follower)) === userId);
    app.clock.advanceSeconds(pastGraceSeconds);
    const release = proxy.hold('/auth/refresh');
    void read(leader).catch(() => undefined);
    await until(() => proxy.count('/auth/refresh') === 1);
    const second = read(follower);
    await leader.close();
    await until(() => proxy.count('/auth/refresh') === 2);
    release();
    expect(await second).toBe(200);
    await expectSignedIn([follower], userId);
  });

  it('says that it is offline and signs nobody out, and goes on when the network is back', async () => {
    const tabs = await openMany(2);
    const userId = await register(tabs[0]!);
    await until(async () => (await userOf(tabs[1]!)) === userId);
    await context.setOffline(true);
    app.clock.advanceSeconds(pastGraceSeconds);
    const attempt = `pawl.fetch('/auth/me').then(({ status }) => status, (error) => error.code ?? error.name)`;
    for (const tab of tabs) expect(await tab.evaluate(attempt)).toMatch(/^(network_error|TypeError)$/);
    app.clock.advanceSeconds(60 * 60);
    await context.setOffline(false);
    expect(await Promise.all(tabs.map(read))).toEqual([200, 200]);
    await expectSignedIn(tabs, userId);
  });

  it('keeps a suspended tab signed in, however far the others have gone on', async () => {
    const [suspended, active] = (await openMany(2)) as [Page, Page];
    const userId = await register(suspended);
    await until(async () => (await userOf(active)) === userId);
    const devtools = await context.newCDPSession(suspended);
    const release = proxy.hold('/auth/refresh');
    app.clock.advanceSeconds(pastGraceSeconds);
    const interrupted = read(suspended);
    await until(() => proxy.count('/auth/refresh') === 1);
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    release();
    for (let round = 0; round < 3; round++) {
      app.clock.advanceSeconds(pastGraceSeconds);
      expect(await read(active)).toBe(200);
    }
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    expect(await interrupted).toBe(200);
    app.clock.advanceSeconds(pastGraceSeconds);
    expect(await Promise.all([read(suspended), read(active)])).toEqual([200, 200]);
    await expectSignedIn([suspended, active], userId);
  });

  it.each(['2020-01-01', '2040-01-01'])('works on a machine whose clock says %s', async (date) => {
    const tab = await open();
    await tab.clock.setSystemTime(date);
    const userId = await register(tab);
    for (let round = 0; round < 2; round++) {
      app.clock.advanceSeconds(pastGraceSeconds);
      expect(await readMany(tab, 5)).toEqual([200, 200, 200, 200, 200]);
    }
    await tab.clock.setSystemTime('2030-01-01');
    expect(await read(tab)).toBe(200);
    await expectSignedIn([tab], userId);
  });

  it('signs the other tabs out at once, and in again', async () => {
    const tabs = await openMany(3);
    const [first, ...others] = tabs as [Page, Page, Page];
    const email = newEmail();
    const userId = await register(first, email);
    for (const tab of others) await until(async () => (await changesOf(tab)).at(-1) === userId);
    await first.evaluate('pawl.signOut()');
    for (const tab of tabs) await until(async () => (await changesOf(tab)).at(-1) === null);
    for (const tab of tabs) expect([await userOf(tab), await read(tab)]).toEqual([null, 401]);
    await others[0].evaluate(`pawl.signIn(${JSON.stringify({ email, password: goodPassword })})`);
    for (const tab of tabs) await until(async () => (await changesOf(tab)).at(-1) === userId);
    for (const tab of tabs) expect(await read(tab)).toBe(200);
  });

  it('shows the user who signed in last in every tab, also if another tab was just refreshing', async () => {
    const [first, second] = (await openMany(2)) as [Page, Page];
    const before = await register(first);
    const other = await registerElsewhere();
    await until(async () => (await userOf(second)) === before);
    app.clock.advanceSeconds(pastGraceSeconds);
    const release = proxy.hold('/auth/refresh');
    void read(first).catch(() => undefined);
    await until(() => proxy.count('/auth/refresh') === 1);
    await second.evaluate(`pawl.signIn(${JSON.stringify({ email: other.email, password: goodPassword })})`);
    await until(async () => (await userOf(first)) === other.id);
    release();
    for (const tab of [first, second]) {
      const me = `pawl.api.GET('/auth/me').then(({ data }) => data.id)`;
      expect([await userOf(tab), await tab.evaluate(me)]).toEqual([other.id, other.id]);
    }
  });

  it('is signed in on a new page without a new sign-in', async () => {
    const tab = await open();
    const userId = await register(tab);
    await tab.reload();
    await tab.waitForFunction('document.title === "ready"');
    expect(await userOf(tab)).toBe(userId);
    app.clock.advanceSeconds(pastGraceSeconds);
    expect(await readMany(tab, 10)).toEqual(Array<number>(10).fill(200));
    await expectSignedIn([tab], userId);
  });
});

async function registerElsewhere(): Promise<{ id: string; email: string }> {
  const { user } = await register(app);
  return user;
}
