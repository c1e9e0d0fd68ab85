import type { Request } from 'playwright-core';
import { escapeHtml } from '../../../src/common/html.js';
import { mailsTo, sendMails, tokenIn } from '../../mail/mailbox.js';
import { call, expectProblem, expectStatus, goodPassword, login, newEmail, register } from '../../support/http.js';
import { startAppForTest } from '../../support/per-test.js';
import { inspect } from './tour.js';
import { windows } from './visit.js';
import { publicUrl, setUpWalk } from './walk.js';

const newPassword = 'another horse, another battery';

const walk = setUpWalk();
const { goto, look, heading, press, fill, follow, shows, dialog, signIn } = walk;

async function signedIn(): Promise<string> {
  const { user } = await register(walk.app, { name: 'Ada Lovelace' });
  await signIn(user.email);
  await heading('Profile');
  return user.email;
}

async function signOutInAnotherTab(): Promise<void> {
  const other = await walk.context.newPage();
  await other.goto(`${publicUrl}/account`);
  await other.getByRole('button', { name: 'Sign out' }).click();
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
}

describe('signing in', () => {
  it('leads from / to the account, and back there after the sign-in', async () => {
    const { user } = await register(walk.app);
    await goto('/');
    await follow('Your account');
    await heading('Sign in');
    await fill('Email', user.email);
    await fill('Password', 'not the password');
    await press('Sign in');
    await walk.page.getByRole('alert').filter({ hasText: 'The email address or the password is incorrect.' }).waitFor();
    await fill('Password', goodPassword);
    await press('Sign in');
    await heading('Profile');
    expect(new URL(walk.page.url()).pathname).toBe('/account');
    await walk.signOut();
    expect(await walk.context.cookies()).toEqual([]);
  });

  it('registers, and says what is wrong with each field', async () => {
    const email = newEmail();
    await goto('/account/sign-in');
    await follow('Create one');
    await heading('Create an account');
    await fill('Email', email);
    await fill('Password', 'password123');
    await press('Create account');
    await shows('most common passwords');
    expect(await walk.page.getByLabel('Password', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    expect(await inspect(walk.page, 'register-error')).toEqual([]);
    await fill('Password', goodPassword);
    await press('Create account');
    await heading('Profile');
    await shows(email);
  });

  it('sends an address that is not confirmed to its email first', async () => {
    const strict = await startAppForTest({ env: { REQUIRE_VERIFIED_EMAIL: 'on' } });
    const email = newEmail();
    await expectStatus(call(strict, 'POST', '/auth/register', { body: { email, password: goodPassword } }), 202);
    await walk.page.goto(`http://localhost:${new URL(strict.url).port}/account/sign-in`);
    await fill('Email', email);
    await fill('Password', goodPassword);
    await press('Sign in');
    await heading('Confirm your address first');
    await press('Send the email again');
    await shows('an email is on its way');
  });

  it('replaces a forgotten password by email', async () => {
    const { user } = await register(walk.app);
    await goto('/account/sign-in');
    await follow('Forgot your password?');
    await fill('Email', user.email);
    await press('Send the link');
    await shows('an email is on its way');
    expect(await inspect(walk.page, 'forgot')).toEqual([]);
    const token = tokenIn((await mailsTo(walk.app, user.email)).at(-1));
    await walk.page.goto('about:blank');
    await goto(`/account/reset-password#token=${token}`);
    await fill('New password', newPassword);
    await press('Save');
    await shows('Your password was changed.');
    expect(await inspect(walk.page, 'reset')).toEqual([]);
    await follow('Sign in');
    await fill('Email', user.email);
    await fill('Password', newPassword);
    await press('Sign in');
    await heading('Profile');
  });
});

describe('the account', () => {
  it('changes name and language, and speaks it at once', async () => {
    const email = await signedIn();
    await fill('Name (optional)', 'Augusta Ada King');
    await walk.page.getByLabel('Language', { exact: true }).first().selectOption('ko');
    await press('Save');
    await walk.page.getByRole('heading', { name: '프로필', level: 1 }).waitFor();
    const { access_token: token } = await login(walk.app, email);
    expect((await call(walk.app, 'GET', '/auth/me', { token })).body).toMatchObject({
      name: 'Augusta Ada King',
      locale: 'ko',
    });
    expect(await walk.page.locator('html').getAttribute('lang')).toBe('ko');
  });

  it('asks for another address, which the link in its email confirms', async () => {
    const email = await signedIn();
    const next = newEmail();
    await walk.page.getByText('Change the address').click();
    await fill('New email address', next);
    await fill('Current password', 'not the password');
    await press('Send the confirmation');
    await shows('The password is incorrect.');
    await fill('Current password', goodPassword);
    await press('Send the confirmation');
    await shows('Open the link in the email to the new address.');
    expect(email).not.toBe(next);
    const token = tokenIn((await mailsTo(walk.app, next)).at(-1));
    await walk.page.goto('about:blank');
    await goto(`/account/verify-email#token=${token}`);
    await shows(`You are signed in as ${email}`);
    // Nothing on the page says whose link it is: somebody else may be signed in.
    await walk.page.getByText('for the account').waitFor({ state: 'detached' });
    await press('Confirm');
    await shows('Your email address is confirmed.');
    await follow('Go to your account');
    await shows(next);
  });

  it('changes the password, stays signed in here, and signs other devices out', async () => {
    const email = await signedIn();
    const other = await login(walk.app, email);
    await follow('Security');
    await fill('Current password', goodPassword);
    await fill('New password', newPassword);
    await press('Change password');
    await shows('Your password is changed.');
    await expectProblem(call(walk.app, 'GET', '/auth/me', { token: other.access_token }), 401, 'token_revoked');
    await follow('Profile');
    await heading('Profile');
    await login(walk.app, email, newPassword);
  });

  it('asks for the password once more when the sign-in is a while ago, and goes on', async () => {
    await signedIn();
    walk.app.clock.advanceSeconds(20 * 60);
    await follow('Security');
    await fill('Current password', goodPassword);
    await fill('New password', newPassword);
    await press('Change password');
    const confirm = dialog('Confirm that it is you');
    await confirm.waitFor();
    expect(await inspect(walk.page, 'step-up')).toEqual([]);
    await confirm.getByLabel('Password').fill('not the password');
    await confirm.getByRole('button', { name: 'Continue' }).click();
    await confirm.getByRole('alert').waitFor();
    await confirm.getByLabel('Password').fill(goodPassword);
    await confirm.getByRole('button', { name: 'Continue' }).click();
    await shows('Your password is changed.');
  });

  it('lists the devices, and signs one of them out', async () => {
    const email = await signedIn();
    await login(walk.app, email);
    await follow('Devices');
    await shows('This device');
    expect(await walk.page.getByText('Chrome on Linux').count()).toBe(1);
    await walk.page.getByRole('button', { name: 'Sign out', exact: true }).last().click();
    await walk.page.locator('.rows > li').nth(2).waitFor({ state: 'detached' });
    await press('Sign out everywhere');
    await heading('Sign in');
  });

  it('shows what happened, downloads everything, and deletes the account', async () => {
    const email = await signedIn();
    await follow('Activity');
    await shows('Signed in');
    await follow('Your data');
    const download = walk.page.waitForEvent('download');
    await press('Download my data');
    expect((await download).suggestedFilename()).toBe('my-data.json');
    await press('Delete my account');
    await dialog().getByLabel('Password').fill(goodPassword);
    expect(await inspect(walk.page, 'delete')).toEqual([]);
    await dialog().getByRole('button', { name: 'Delete for good' }).click();
    await heading('Sign in');
    await shows('Your account is deleted.');
    await walk.page.reload();
    await heading('Sign in');
    expect(await walk.page.getByText('Your account is deleted.').count()).toBe(0);
    const body = { email, password: goodPassword };
    await expectProblem(call(walk.app, 'POST', '/auth/login', { body }), 401, 'invalid_credentials');
  });

  it('signs the other tab out, too', async () => {
    await signedIn();
    const other = await walk.context.newPage();
    await other.goto(`${publicUrl}/account/sessions`);
    await other.getByText('This device').waitFor();
    await press('Sign out');
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('signs one device out once, also at a double click', async () => {
    const email = await signedIn();
    await login(walk.app, email);
    await login(walk.app, email);
    await follow('Devices');
    const buttons = walk.page.locator('.rows').getByRole('button', { name: 'Sign out', exact: true });
    await buttons.nth(2).waitFor();
    const sent: string[] = [];
    walk.page.on('request', (request) => request.method() === 'DELETE' && sent.push(request.url()));
    await buttons.first().dblclick();
    await buttons.nth(2).waitFor({ state: 'detached' });
    expect(sent).toHaveLength(1);
    expect(await walk.page.getByRole('alert').count()).toBe(0);
    expect(await buttons.count()).toBe(2);
  });

  it('lets a button be pressed again only when what it sent is through', async () => {
    const { user } = await register(walk.app);
    await goto('/account/sign-in');
    await fill('Email', user.email);
    let release = () => {};
    let sent = 0;
    await walk.page.route('**/auth/link', async (route) => {
      sent++;
      await new Promise<void>((resolve) => (release = resolve));
      await route.continue();
    });
    const button = walk.page.getByRole('button', { name: 'Email me a link' });
    await button.click();
    await walk.page.locator('button[aria-busy=true]', { hasText: 'Email me a link' }).waitFor();
    expect(await button.isDisabled()).toBe(true);
    await button.dispatchEvent('click');
    expect(sent).toBe(1);
    release();
    await heading('Check your email');
    expect(await mailsTo(walk.app, user.email)).toHaveLength(2);
  });

  it('says that a sign-out did not reach the service, and that the user is still signed in', async () => {
    await signedIn();
    await walk.page.route('**/auth/logout', (route) => route.abort());
    await press('Sign out');
    await walk.page.getByRole('alert').filter({ hasText: 'You are still signed in.' }).waitFor();
    await heading('Profile');
    expect(await inspect(walk.page, 'not-signed-out')).toEqual([]);
    await walk.page.unroute('**/auth/logout');
    await walk.signOut();
    walk.visit.complaints = walk.visit.complaints.filter((text) => !text.includes('ERR_FAILED'));
  });

  it.each([
    ['the page is left', () => walk.page.goBack(), 'Profile'],
    ['another tab signs out', signOutInAnotherTab, 'Sign in'],
  ] as const)('asks for the password no longer when %s', async (_name, leave, next) => {
    await signedIn();
    walk.app.clock.advanceSeconds(20 * 60);
    await follow('Security');
    await fill('Current password', goodPassword);
    await fill('New password', newPassword);
    await press('Change password');
    await dialog('Confirm that it is you').waitFor();
    await leave();
    await heading(next);
    await dialog().waitFor({ state: 'detached' });
  });

  it('says that the service cannot be reached, and tries again', async () => {
    await signedIn();
    await walk.page.route('**/auth/sessions', (route) => route.abort());
    await follow('Devices');
    await walk.page.getByRole('alert').filter({ hasText: 'The service cannot be reached.' }).waitFor();
    expect(await inspect(walk.page, 'unreachable')).toEqual([]);
    await walk.page.unroute('**/auth/sessions');
    await press('Try again');
    await shows('This device');
    walk.visit.complaints = walk.visit.complaints.filter((text) => !text.includes('ERR_FAILED'));
  });
});

describe('every page, for everybody: axe-core finds nothing, and nothing is wider than the window', () => {
  const frontPaths = ['sign-in', 'register', 'forgot-password', 'verify-email', 'reset-password#token=x'];
  const accountPaths = ['', '/security', '/sessions', '/activity', '/data'];

  it.each([
    ['desktop-light', {}],
    ['desktop-dark', { colorScheme: 'dark' }],
    ['phone-light', { viewport: { width: 360, height: 740 } }],
    ['phone-dark-korean', { viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'ko-KR' }],
    ['desktop-korean', { locale: 'ko-KR' }],
  ] as const)('%s', async (name, options) => {
    await walk.open(options);
    const findings: string[] = [];
    for (const path of frontPaths) {
      await walk.page.goto('about:blank');
      await look(`/account/${path}`);
      findings.push(...(await inspect(walk.page, `${name}-${path.split('#')[0]}`)));
    }
    const body = { email: newEmail(), password: goodPassword, delivery: 'cookie', name: 'Ada Lovelace' };
    await goto('/account/sign-in');
    await walk.page.evaluate(`fetch('/auth/register', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: ${JSON.stringify(JSON.stringify(body))} }).then(({ status }) => status)`);
    await login(walk.app, body.email);
    for (const path of accountPaths) {
      await look(`/account${path}`);
      findings.push(...(await inspect(walk.page, `${name}-account${path.replace('/', '-')}`)));
    }
    expect(findings).toEqual([]);
  });
});

it('shows an email during development as it will look', async () => {
  await walk.open({ viewport: { width: 360, height: 740 } });
  const email = newEmail();
  await register(walk.app, { email });
  const [mail] = await mailsTo(walk.app, email);
  await goto(`/dev/mail/${/^<([0-9a-f-]{36})@/.exec(mail!.messageId)![1]}`);
  const link = walk.page.frameLocator('iframe').getByRole('link').first();
  await link.waitFor();
  // The padding of the button: the styles of the email apply.
  expect((await link.boundingBox())!.height).toBeGreaterThan(36);
  expect(await inspect(walk.page, 'dev-mail')).toEqual([]);
  // The sandboxed frame has no origin, which Chromium cannot key by origin.
  walk.visit.complaints = walk.visit.complaints.filter((text) => !text.includes('Origin-Agent-Cluster'));
});

describe('the pages without a script: axe-core finds nothing, and nothing is wider than the window', () => {
  it.each(windows)('%s', async (name, options) => {
    await walk.open(options);
    await register(walk.app, { email: `a.long.address.${newEmail()}` });
    await sendMails(walk.app);
    const findings: string[] = [];
    for (const path of ['/', '/dev/mail']) {
      await goto(path);
      findings.push(...(await inspect(walk.page, `${name}${path.replaceAll('/', '-')}`)));
    }
    expect(findings).toEqual([]);
  });
});

describe('what the service says about itself', () => {
  it('has the name, the color and the logo of the team', async () => {
    const own = await startAppForTest({
      env: { BRAND_NAME: 'Acme & Söhne', BRAND_COLOR: '#FFE600', BRAND_LOGO: 'docs/images/logo-example.svg' },
    });
    await walk.page.goto(`http://localhost:${new URL(own.url).port}/account/sign-in`);
    await shows('Acme & Söhne');
    await walk.page.waitForLoadState('networkidle');
    expect(await walk.page.evaluate(`document.querySelector('.brand img').naturalWidth`)).toBe(32);
    const color = `getComputedStyle(document.querySelector('.button.primary')).backgroundColor`;
    expect(await walk.page.evaluate(color)).toBe('rgb(255, 230, 0)');
    expect(await inspect(walk.page, 'brand')).toEqual([]);
  });

  it.each(["$'", '$&', '$`', '$$', '$1'])('shows a name with %s as it is', async (special) => {
    const name = `Cash ${special} & Carry`;
    const own = await startAppForTest({ env: { BRAND_NAME: name } });
    await walk.page.goto(`http://localhost:${new URL(own.url).port}/account/sign-in`);
    await walk.page.locator('.brand').getByText(name, { exact: true }).waitFor();
    const { body } = await call(own, 'GET', '/account');
    expect(body).toContain(`<title>${escapeHtml(name)}</title>`);
  });

  it('has no pages with PAGES=off, and none where FRONTEND_URL is set', async () => {
    for (const env of [{ PAGES: 'off' }, { FRONTEND_URL: 'https://app.example.com' }]) {
      const without = await startAppForTest({ env });
      await expectProblem(call(without, 'GET', '/account'), 404, 'not_found');
    }
    const both = await startAppForTest({ env: { PAGES: 'account', FRONTEND_URL: 'https://app.example.com' } });
    await expectStatus(call(both, 'GET', '/account'), 200);
  });

  it('sends at most 100 KiB for the account, all files together', async () => {
    const requests: Request[] = [];
    walk.page.on('requestfinished', (request) => requests.push(request));
    await look('/account');
    const sizes = await Promise.all(requests.map((request) => request.sizes()));
    const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
    expect(requests.length).toBeGreaterThan(3);
    expect(bytes).toBeLessThanOrEqual(100 * 1024);
  });

  it('allows no inline script or style, and nothing from another origin', async () => {
    const { headers } = await call(walk.app, 'GET', '/account');
    const policy = headers.get('content-security-policy')!;
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
  });
});
