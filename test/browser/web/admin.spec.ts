import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { mailsTo } from '../../mail/mailbox.js';
import type { TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  newEmail,
  register,
} from '../../support/http.js';
import { startAppForTest } from '../../support/per-test.js';
import { launchChromium } from '../chromium.js';
import { inspect } from './tour.js';
import type { Visit } from './visit.js';
import { startVisit, windows } from './visit.js';

let app: TestApp;
let browser: Browser;
let visit: Visit;
let page: Page;

beforeAll(async () => {
  app = await startApp({ env: { PUBLIC_URL: 'http://localhost:3000' } });
  browser = await launchChromium();
});
afterEach(async () => {
  await visit.close();
  expect(visit.complaints).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

const at = (path: string) => `http://localhost:${new URL(app.url).port}${path}`;
const heading = (name: string) => page.getByRole('heading', { name, exact: true, level: 1 });
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const fill = (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text);
const follow = (name: string) => page.getByRole('link', { name, exact: true }).first().click();

async function signIn(email: string, options: BrowserContextOptions = {}): Promise<void> {
  visit = await startVisit(browser, options);
  page = visit.page;
  await page.goto(at('/account/sign-in'));
  await page.locator('input[name=email]').fill(email);
  await page.locator('input[name=password]').fill(goodPassword);
  await page.locator('button[type=submit]').click();
  await page.locator('.shell').waitFor();
}

async function signInAsAdmin(options: BrowserContextOptions = {}): Promise<string> {
  const { user, access_token: token } = await makeAdmin(app);
  await signIn(user.email, options);
  await page.goto(at('/admin'));
  await page.locator('.rows > li').first().waitFor();
  return token;
}

describe('the users', () => {
  it('are found, changed, disabled, signed out and deleted', async () => {
    const { user, access_token: own } = await register(app, { name: 'Grace 100% Hopper' });
    const token = await signInAsAdmin();
    await fill('Part of the address or name', '100% hop');
    await press('Search');
    await page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
    await follow('Grace 100% Hopper');
    await heading('Grace 100% Hopper').waitFor();
    await page.getByText('Node.js').waitFor();
    await page.getByText('user.registered').waitFor();
    expect(await inspect(page, 'admin-user')).toEqual([]);
    const read = () => call(app, 'GET', `/users/${user.id}`, { token });

    await fill('Name (optional)', 'Rear Admiral');
    await fill('Role', 'captain');
    await press('Save');
    await page.locator('.field-error, .notice.error').waitFor();
    await fill('Role', 'admin');
    await press('Save');
    await page.getByText('Saved.').waitFor();
    await heading('Rear Admiral').waitFor();
    expect((await read()).body).toMatchObject({ name: 'Rear Admiral', role: 'admin' });

    await login(app, user.email);
    await press('Sign out everywhere');
    await page.getByText('Not signed in anywhere.').waitFor();
    await expectProblem(call(app, 'GET', '/auth/me', { token: own }), 401, 'token_revoked');

    await press('Disable');
    await page.getByText('Disabled', { exact: true }).waitFor();
    expect((await read()).body).toMatchObject({ disabled: true });
    await press('Enable');
    await page.getByRole('button', { name: 'Disable', exact: true }).waitFor();

    await press('Delete the user');
    await page.getByRole('dialog').waitFor();
    expect(await inspect(page, 'admin-delete')).toEqual([]);
    await press('Delete for good');
    await heading('Users').waitFor();
    await expectProblem(read(), 404, 'not_found');
  });

  it('are created with a password, or invited by email without one', async () => {
    await signInAsAdmin();
    await page.getByText('Create or invite a user').click();
    const [first, invited] = [newEmail(), newEmail()];
    await fill('Email', first);
    await fill('Password (optional)', goodPassword);
    await press('Create');
    await page.getByText('The user is created.').waitFor();
    await login(app, first);
    await fill('Email', invited);
    await press('Create');
    await page.getByText(invited).first().waitFor();
    expect(await mailsTo(app, invited)).toHaveLength(1);
    await fill('Email', first);
    await press('Create');
    await page.locator('.field-error').waitFor();
    // The form moves the focus there; typing into another field must not begin before.
    await page.locator('input[name=email]:focus').waitFor();
    await fill('Part of the address or name', 'nobody has this name');
    await press('Search');
    await page.getByText('No user matches.').waitFor();
    expect(await inspect(page, 'admin-users-empty')).toEqual([]);
  });

  it('include the last admin, who stays one', async () => {
    const own = await startAppForTest({ env: { PUBLIC_URL: 'http://localhost:3000' } });
    const shared = app;
    app = own;
    try {
      const { user } = await makeAdmin(own);
      await signIn(user.email);
      await page.goto(at(`/admin/users/${user.id}`));
      await press('Disable');
      await page.getByText('You are the last admin.').waitFor();
    } finally {
      app = shared;
    }
  });
});

describe('the clients', () => {
  it('are created, get another secret, and are deleted; a secret is shown once', async () => {
    await signInAsAdmin();
    await follow('Clients');
    await page.getByText('No clients yet.').waitFor();
    await page.getByText('Create a client').click();
    await fill('Name', 'Billing');
    await fill('Scopes', 'invoices:read  invoices:write');
    await press('Create');
    const dialog = page.getByRole('dialog', { name: 'The secret of the client' });
    await dialog.waitFor();
    expect(await inspect(page, 'admin-secret')).toEqual([]);
    const [id, first] = await dialog.locator('code').allInnerTexts();
    const asks = (secret = '') => {
      const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
      return fetch(`${app.url}/oauth/token`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials',
      }).then(({ status }) => status);
    };
    expect(await asks(first)).toBe(200);
    await press('I have stored it');
    expect(await page.content()).not.toContain(first);
    await press('New secret');
    await dialog.waitFor();
    const [, second] = await dialog.locator('code').allInnerTexts();
    expect(second).not.toBe(first);
    expect(await asks(second)).toBe(200);
    await press('I have stored it');
    await press('Delete');
    await page.getByRole('dialog', { name: 'Delete Billing' }).getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No clients yet.').waitFor();
    expect(await asks(second)).toBe(401);
  });
});

describe('the audit trail and the status', () => {
  it('show what happened, filtered, and how the service is', async () => {
    const { user } = await register(app);
    await signInAsAdmin();
    await follow('Audit trail');
    await page.getByText('user.signed_in').first().waitFor();
    await fill('Event', 'user.registered');
    await fill('Id of the user it happened to', user.id);
    await press('Filter');
    await page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
    await page.getByText('user.registered').waitFor();
    await fill('Event', 'user.deleted');
    await press('Filter');
    await page.getByText('No event matches.').waitFor();
    await fill('Event', 'no.such.event');
    await press('Filter');
    await page.getByRole('alert').waitFor();
    expect(await inspect(page, 'admin-events-error')).toEqual([]);
    await follow('Status');
    await page.getByText('Signs', { exact: true }).waitFor();
    await page.getByText('Database').waitFor();
  });

  it('say that the service cannot be reached, and try again', async () => {
    await signInAsAdmin();
    await page.route('**/admin/status', (route) => route.abort());
    await follow('Status');
    await page.getByRole('alert').filter({ hasText: 'The service cannot be reached.' }).waitFor();
    expect(await inspect(page, 'admin-unreachable')).toEqual([]);
    await page.unroute('**/admin/status');
    await press('Try again');
    await page.getByText('Database').waitFor();
    visit.complaints = visit.complaints.filter((text) => !text.includes('ERR_FAILED'));
  });
});

describe('everybody else', () => {
  it('is led to the sign-in, or reads that the pages are for admins', async () => {
    const { user } = await register(app);
    await signIn(user.email);
    expect(await page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
    await page.goto(at('/admin'));
    await heading('These pages are for admins').waitFor();
    expect(await inspect(page, 'admin-forbidden')).toEqual([]);
    await visit.close();
    visit = await startVisit(browser);
    page = visit.page;
    await page.goto(at('/admin/events'));
    await heading('Sign in').waitFor();
  });

  it('finds no such page without PAGES=on', async () => {
    visit = await startVisit(browser);
    await expectStatus(call(app, 'GET', '/admin'), 200);
    await expectProblem(call(app, 'GET', '/admin/nothing'), 404, 'not_found');
    for (const PAGES of ['account', 'off']) {
      await expectProblem(call(await startAppForTest({ env: { PAGES } }), 'GET', '/admin'), 404, 'not_found');
    }
  });
});

describe('every page of admins: axe-core finds nothing, and nothing is wider than the window', () => {
  it.each(windows)('%s', async (name, options) => {
    const { user } = await register(app, { name: 'Ada Lovelace' });
    const token = await signInAsAdmin(options);
    const body = { client_name: 'Billing', grant_types: ['client_credentials'], scope: 'invoices:read', role: 'user' };
    await expectStatus(call(app, 'POST', '/admin/clients', { token, body }), 201);
    const findings: string[] = [];
    for (const path of ['', '/apps', '/events', '/state', `/users/${user.id}`]) {
      await page.goto(at(`/admin${path}`), { waitUntil: 'networkidle' });
      await page.locator('.rows > li').first().waitFor();
      for (const closed of await page.locator('details:not([open]) > summary').all()) await closed.click();
      findings.push(...(await inspect(page, `${name}-admin${path.replace(user.id, 'one').replaceAll('/', '-')}`)));
    }
    expect(findings).toEqual([]);
  });
});
