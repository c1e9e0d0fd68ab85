import { generateKeyPairSync } from 'node:crypto';
import type { BrowserContextOptions } from 'playwright-core';
import { registerWithApp } from '../../factors/factor-story.js';
import { mailsTo, sendMails, tokenIn } from '../../mail/mailbox.js';
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
import { inspect } from './tour.js';
import { windows } from './visit.js';
import { setUpWalk } from './walk.js';

const walk = setUpWalk();
const { goto, look, heading, press, fill, follow, shows, dialog } = walk;

async function signIn(email: string, options?: BrowserContextOptions): Promise<void> {
  if (options) await walk.open(options);
  await goto('/account/sign-in');
  await walk.page.locator('input[name=email]').fill(email);
  await walk.page.locator('input[name=password]').fill(goodPassword);
  await walk.page.locator('button[type=submit]').click();
  await walk.page.locator('.shell').waitFor();
}

async function signInAsAdmin(options?: BrowserContextOptions): Promise<string> {
  const { user, access_token: token } = await makeAdmin(walk.app);
  await signIn(user.email, options);
  await goto('/admin');
  await walk.page.locator('.rows > li').first().waitFor();
  return token;
}

describe('the users', () => {
  it('are found, changed, disabled, signed out and deleted', async () => {
    const { user, access_token: own } = await register(walk.app, { name: 'Grace 100% Hopper' });
    const token = await signInAsAdmin();
    await fill('Part of the address or name', '100% hop');
    await press('Search');
    await walk.page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
    await follow('Grace 100% Hopper');
    await heading('Grace 100% Hopper');
    await shows('Node.js');
    await shows('user.registered');
    expect(await inspect(walk.page, 'admin-user')).toEqual([]);
    const read = () => call(walk.app, 'GET', `/users/${user.id}`, { token });

    await fill('Name (optional)', 'Rear Admiral');
    const role = walk.page.getByLabel('Role', { exact: true });
    await role.getByText('admin').waitFor({ state: 'attached' });
    expect(await role.locator('option').allInnerTexts()).toEqual(['user', 'admin']);
    await role.selectOption('admin');
    await press('Save');
    await shows('Saved.');
    await heading('Rear Admiral');
    expect((await read()).body).toMatchObject({ name: 'Rear Admiral', role: 'admin' });

    const { access_token: other } = await login(walk.app, user.email);
    const sessions = walk.page.locator('section', { hasText: 'Node.js' }).getByRole('button', { name: 'Sign out' });
    await walk.page.reload();
    await sessions.nth(1).waitFor();
    await sessions.first().click();
    await sessions.nth(1).waitFor({ state: 'detached' });
    await expectProblem(call(walk.app, 'GET', '/auth/me', { token: other }), 401, 'token_revoked');
    await press('Sign out everywhere');
    await shows('Not signed in anywhere.');
    await expectProblem(call(walk.app, 'GET', '/auth/me', { token: own }), 401, 'token_revoked');

    const patches: string[] = [];
    walk.page.on('request', (request) => request.method() === 'PATCH' && patches.push(request.url()));
    await walk.page.getByRole('button', { name: 'Disable', exact: true }).dblclick();
    await walk.page.getByRole('button', { name: 'Enable', exact: true }).waitFor();
    expect(patches).toHaveLength(1);
    expect((await read()).body).toMatchObject({ disabled: true });
    await press('Enable');
    await walk.page.getByRole('button', { name: 'Disable', exact: true }).waitFor();

    await press('Delete the user');
    await dialog().waitFor();
    expect(await inspect(walk.page, 'admin-delete')).toEqual([]);
    await press('Delete for good');
    await heading('Users');
    await expectProblem(read(), 404, 'not_found');
  });

  it('who have lost their second factors lose them here, after the admin has confirmed', async () => {
    const { email, tokens } = await registerWithApp(walk.app);
    await signInAsAdmin();
    await goto(`/admin/users/${tokens.user.id}`);
    await shows('Second factor');
    walk.app.clock.advanceSeconds(60 * 60);
    await press('Remove second factors');
    await dialog('Remove second factors').getByRole('button', { name: 'Remove' }).click();
    await dialog('Confirm that it is you').getByLabel('Password').fill(goodPassword);
    expect(await inspect(walk.page, 'admin-reset-factors')).toEqual([]);
    await press('Continue');
    await walk.page.getByRole('button', { name: 'Remove second factors' }).waitFor({ state: 'detached' });
    await login(walk.app, email);
  });

  it('are created with a password, or invited by email without one', async () => {
    await signInAsAdmin();
    await walk.page.getByText('Create or invite a user').click();
    const [first, invited] = [newEmail(), newEmail()];
    await fill('Email', first);
    await fill('Password (optional)', goodPassword);
    await press('Create');
    await shows('The user is created.');
    await login(walk.app, first);
    await fill('Email', invited);
    await press('Create');
    await shows(invited);
    expect(await mailsTo(walk.app, invited)).toHaveLength(1);
    await fill('Email', first);
    await press('Create');
    await walk.page.locator('.field-error').waitFor();
    // The form moves the focus there; typing into another field must not begin before.
    await walk.page.locator('input[name=email]:focus').waitFor();
    await fill('Part of the address or name', 'nobody has this name');
    await press('Search');
    await shows('No user matches.');
    expect(await inspect(walk.page, 'admin-users-empty')).toEqual([]);
  });

  it('include the last admin, who stays one', async () => {
    const own = await startAppForTest();
    const { user } = await makeAdmin(own);
    const origin = `http://localhost:${new URL(own.url).port}`;
    await walk.page.goto(`${origin}/admin/users/${user.id}`);
    await fill('Email', user.email);
    await fill('Password', goodPassword);
    await press('Sign in');
    await press('Disable');
    await shows('You are the last admin.');
  });
});

describe('the clients', () => {
  it('are created, get another secret, and are deleted; a secret is shown once', async () => {
    await signInAsAdmin();
    await follow('Clients');
    await shows('No clients yet.');
    await walk.page.getByText('Create a client').click();
    await fill('Name', 'Billing');
    await fill('Scopes', 'invoices:read  invoices:write');
    await press('Create');
    const secret = dialog('The secret of the client');
    await secret.waitFor();
    expect(await inspect(walk.page, 'admin-secret')).toEqual([]);
    const [id, first] = await secret.locator('code').allInnerTexts();
    const asks = (secret = '') => {
      const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
      return fetch(`${walk.app.url}/oauth/token`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials',
      }).then(({ status }) => status);
    };
    expect(await asks(first)).toBe(200);
    // A stray key does not take away what is shown once.
    for (let presses = 0; presses < 3; presses++) await walk.page.keyboard.press('Escape');
    await press('I have stored it');
    expect(await walk.page.content()).not.toContain(first);
    let rotations = 0;
    walk.page.on('request', (request) => request.url().endsWith('/secret') && rotations++);
    await press('New secret');
    await dialog('New secret for Billing').getByRole('button', { name: 'Cancel' }).click();
    expect(rotations).toBe(0);
    await press('New secret');
    await dialog('New secret for Billing').waitFor();
    expect(await inspect(walk.page, 'admin-rotate')).toEqual([]);
    await dialog('New secret for Billing').getByRole('button', { name: 'New secret' }).dblclick();
    await secret.waitFor();
    expect(rotations).toBe(1);
    expect(await asks(first)).toBe(200);
    const [, second] = await secret.locator('code').allInnerTexts();
    expect(second).not.toBe(first);
    expect(await asks(second)).toBe(200);
    await press('I have stored it');
    await press('Delete');
    await walk.page.getByRole('dialog', { name: 'Delete Billing' }).getByRole('button', { name: 'Delete' }).click();
    await shows('No clients yet.');
    expect(await asks(second)).toBe(401);
  });
});

it('a client that signs its own assertions is created with its public key', async () => {
  await signInAsAdmin();
  await follow('Clients');
  await walk.page.getByText('Create a client').click();
  await fill('Name', 'Reports');
  await walk.page.getByLabel('How it authenticates').selectOption('private_key_jwt');
  await fill('Public keys', '{ not JSON');
  await press('Create');
  await shows('This is not JSON.');
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await fill('Public keys', JSON.stringify(privateKey.export({ format: 'jwk' })));
  await press('Create');
  await walk.page.locator('.field-error').getByText('private').waitFor();
  expect(await inspect(walk.page, 'admin-client-error')).toEqual([]);
  await walk.page.getByLabel('Users sign in to it').check();
  await fill('Public keys', JSON.stringify(publicKey.export({ format: 'jwk' })));
  await press('Create');
  const row = walk.page.getByRole('listitem').filter({ hasText: 'Reports' });
  await row.getByText('With a key of its own').waitFor();
  await row.getByText('Users sign in to it').waitFor();
  await row.getByRole('button', { name: 'Delete' }).click();
  await dialog('Delete Reports').getByRole('button', { name: 'Delete' }).click();
  await row.waitFor({ state: 'detached' });
});

describe('the emails', () => {
  it('that wait and that were sent are listed, without their content', async () => {
    await signInAsAdmin();
    await sendMails(walk.app);
    const { user } = await register(walk.app);
    await follow('Emails');
    const row = walk.page.getByRole('listitem').filter({ hasText: user.email });
    await row.getByText('Waiting').waitFor();
    await row.getByText('verify_email').waitFor();
    const token = tokenIn((await mailsTo(walk.app, user.email)).at(-1));
    await press('Refresh');
    await row.getByText('Sent').waitFor();
    expect(await walk.page.content()).not.toContain(token);
    await walk.page.getByLabel('Show').selectOption('Waiting');
    await shows('No emails.');
    expect(await inspect(walk.page, 'admin-outbox-empty')).toEqual([]);
  });
});

describe('the audit trail and the status', () => {
  it('show what happened, filtered, and how the service is', async () => {
    const { user } = await register(walk.app);
    // Nine hours from UTC.
    await signInAsAdmin({ timezoneId: 'Asia/Seoul' });
    await follow('Audit trail');
    await shows('user.signed_in');
    await fill('Event', 'user.registered');
    await fill('Id of the user it happened to', user.id);
    await press('Filter');
    await walk.page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
    await shows('user.registered');
    // Times of the browser's zone: what happened lies between them.
    const minutesFromNow = (minutes: number) =>
      walk.page.evaluate<string>(`(() => {
        const at = new Date(${walk.app.clock.now().getTime()} + ${minutes} * 60_000);
        at.setMinutes(at.getMinutes() - at.getTimezoneOffset());
        return at.toISOString().slice(0, 16);
      })()`);
    await fill('From', await minutesFromNow(-5));
    await fill('Before', await minutesFromNow(5));
    await press('Filter');
    await shows('user.registered');
    await fill('From', await minutesFromNow(4));
    await press('Filter');
    await shows('No event matches.');
    await fill('From', '');
    await fill('Before', '');
    await fill('Event', 'user.deleted');
    await press('Filter');
    await shows('No event matches.');
    await fill('Event', 'no.such.event');
    await press('Filter');
    await walk.page.getByRole('alert').waitFor();
    expect(await inspect(walk.page, 'admin-events-error')).toEqual([]);
    await follow('Status');
    await walk.page.getByText('Signs', { exact: true }).waitFor();
    await shows('Database');
  });

  it('say that the service cannot be reached, and try again', async () => {
    await signInAsAdmin();
    await walk.page.route('**/admin/status', (route) => route.abort());
    await follow('Status');
    await walk.page.getByRole('alert').filter({ hasText: 'The service cannot be reached.' }).waitFor();
    expect(await inspect(walk.page, 'admin-unreachable')).toEqual([]);
    await walk.page.unroute('**/admin/status');
    await press('Try again');
    await shows('Database');
    walk.visit.complaints = walk.visit.complaints.filter((text) => !text.includes('ERR_FAILED'));
  });
});

describe('everybody else', () => {
  it('is led to the sign-in, or reads that the pages are for admins', async () => {
    const { user } = await register(walk.app);
    await signIn(user.email);
    expect(await walk.page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
    await goto('/admin');
    await heading('These pages are for admins');
    expect(await inspect(walk.page, 'admin-forbidden')).toEqual([]);
    await walk.open();
    await goto('/admin/events');
    await heading('Sign in');
  });

  it('finds no such page without PAGES=on', async () => {
    await expectStatus(call(walk.app, 'GET', '/admin'), 200);
    await expectProblem(call(walk.app, 'GET', '/admin/nothing'), 404, 'not_found');
    for (const PAGES of ['account', 'off']) {
      await expectProblem(call(await startAppForTest({ env: { PAGES } }), 'GET', '/admin'), 404, 'not_found');
    }
  });
});

describe('every page of admins: axe-core finds nothing, and nothing is wider than the window', () => {
  it.each(windows)('%s', async (name, options) => {
    const { user } = await register(walk.app, { name: 'Ada Lovelace' });
    const token = await signInAsAdmin(options);
    expect(await walk.page.locator('html').getAttribute('lang')).toBe('locale' in options ? 'ko' : 'en');
    const body = { client_name: 'Billing', grant_types: ['client_credentials'], scope: 'invoices:read', role: 'user' };
    await expectStatus(call(walk.app, 'POST', '/admin/clients', { token, body }), 201);
    const findings: string[] = [];
    for (const path of ['', '/apps', '/events', '/outbox', '/state', `/users/${user.id}`]) {
      await look(`/admin${path}`);
      await walk.page.locator('.rows > li').first().waitFor();
      for (const closed of await walk.page.locator('details:not([open]) > summary').all()) await closed.click();
      findings.push(...(await inspect(walk.page, `${name}-admin${path.replace(user.id, 'one').replaceAll('/', '-')}`)));
    }
    expect(findings).toEqual([]);
  });
});
