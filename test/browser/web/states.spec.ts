import { call, expectStatus, login, makeAdmin, register } from '../../support/http.js';
import { inspect } from './tour.js';
import { setUpWalk } from './walk.js';

const walk = setUpWalk();

/** Holds the responses to a path until it is released. */
async function hold(path: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await walk.page.route(
    (url) => url.pathname === path,
    async (route) => {
      await released;
      await route.continue();
    },
  );
  return release;
}

describe('while a page loads, it says so, and shows nothing instead', () => {
  it.each([
    ['account/sessions', '/auth/sessions', 'Devices'],
    ['account/activity', '/auth/me/activity', 'Activity'],
    ['account/security', '/auth/factors', 'Security'],
    ['admin', '/users', 'Users'],
    ['admin/events', '/admin/audit', 'Audit trail'],
    ['admin/apps', '/admin/clients', 'Clients'],
    ['admin/outbox', '/admin/emails', 'Emails'],
    ['admin/state', '/admin/status', 'Status'],
  ])('%s', async (page, path, title) => {
    const { user } = await makeAdmin(walk.app);
    await walk.signIn(user.email);
    await walk.heading('Profile');
    const release = await hold(path);
    await walk.goto(`/${page}`);
    await walk.heading(title);
    const loading = walk.page.getByRole('status').filter({ hasText: 'Loading' });
    await loading.first().waitFor();
    expect(await walk.page.locator('.empty').count()).toBe(0);
    expect(await inspect(walk.page, `loading-${page.replace('/', '-')}`)).toEqual([]);
    release();
    await loading.first().waitFor({ state: 'detached' });
  });
});

describe('what does not fit a page is shown on demand', () => {
  it('of the activity of an account', async () => {
    const { user } = await register(walk.app);
    for (let i = 0; i < 22; i++) await login(walk.app, user.email);
    await walk.signIn(user.email);
    await walk.follow('Activity');
    const rows = walk.page.locator('.rows > li');
    await rows.first().waitFor();
    const first = await rows.count();
    await walk.press('Show more');
    await rows.nth(first).waitFor();
    await walk.page.getByText('Account created').waitFor();
    expect(await walk.page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  });

  it('of the users, and the next page has the same filter', async () => {
    const { user, access_token: token } = await makeAdmin(walk.app);
    for (let i = 0; i < 21; i++) await register(walk.app, { name: `Reader ${i}` });
    await walk.signIn(user.email);
    await walk.heading('Profile');
    await walk.look('/admin');
    await walk.fill('Part of the address or name', 'reader');
    await walk.page.getByLabel('State', { exact: true }).selectOption('Enabled');
    await walk.press('Search');
    const rows = walk.page.locator('.rows > li');
    await walk.shows('Reader 20');
    expect(await rows.count()).toBe(20);
    await walk.press('Show more');
    await walk.shows('Reader 0');
    expect(await rows.count()).toBe(21);
    const { users } = await expectStatus(call(walk.app, 'GET', '/users?search=reader', { token }), 200);
    await expectStatus(call(walk.app, 'PATCH', `/users/${users[0].id}`, { token, body: { disabled: true } }), 200);
    await walk.page.getByLabel('State', { exact: true }).selectOption('Disabled');
    await walk.press('Search');
    await rows.nth(1).waitFor({ state: 'detached' });
    await walk.shows('Reader 20');
    await walk.page.getByLabel('State', { exact: true }).selectOption('All');
    await walk.page.getByLabel('Role', { exact: true }).first().selectOption('admin');
    await walk.press('Search');
    await walk.shows('No user matches.');
  });

  it('of the emails and of the audit trail, and the next page has the same filter', async () => {
    const { user } = await makeAdmin(walk.app);
    const users: { id: string; email: string }[] = [];
    for (let i = 0; i < 21; i++) users.unshift((await register(walk.app)).user);
    const oldest = users.at(-1)!;
    await walk.signIn(user.email);
    await walk.heading('Profile');
    const rows = walk.page.locator('.rows > li');

    await walk.look('/admin/outbox');
    await rows.nth(19).waitFor();
    expect(await walk.page.getByText(oldest.email).count()).toBe(0);
    await walk.press('Show more');
    await walk.shows(oldest.email);
    const addresses = users.map(({ email }) => email);
    const listed = await rows.locator('strong').allInnerTexts();
    expect(listed.filter((recipient) => addresses.includes(recipient))).toEqual(addresses);

    await walk.look('/admin/events');
    await walk.fill('Event', 'user.registered');
    await walk.press('Filter');
    await rows.filter({ hasNotText: 'user.registered' }).first().waitFor({ state: 'detached' });
    await rows.nth(19).waitFor();
    await walk.press('Show more');
    await rows.nth(20).waitFor();
    const links = await rows.locator('a').evaluateAll((found) => found.map((link) => String(link)));
    expect(links.slice(0, 21)).toEqual(users.map(({ id }) => expect.stringContaining(`/admin/users/${id}`)));
    expect(await rows.filter({ hasNotText: 'user.registered' }).count()).toBe(0);
  });
});

it('a text that is not translated is found, also if it is put together or only heard', async () => {
  const { user } = await register(walk.app);
  await walk.signIn(user.email);
  await walk.heading('Profile');
  await walk.look('/account/sessions');
  await walk.page.evaluate(`document.documentElement.lang = 'ko'`);
  const findings = await inspect(walk.page, 'not-translated');
  for (const text of ['Devices', 'Account', 'Last used .*', '.* on .*']) {
    expect(findings).toContainEqual(expect.stringMatching(new RegExp(`^not-translated: "${text}" is not in Korean$`)));
  }
});
