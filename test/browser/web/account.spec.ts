import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { mailsTo, tokenIn } from '../../mail/mailbox.js';
import type { TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, newEmail, register } from '../../support/http.js';
import { startAppForTest } from '../../support/per-test.js';
import { launchChromium } from '../chromium.js';
import { inspect } from './tour.js';

const newPassword = 'another horse, another battery';

let app: TestApp;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the browser complains of, except the answers of 4xx, which it names itself. */
let complaints: string[];

beforeAll(async () => {
  app = await startApp({ env: { PUBLIC_URL: 'http://localhost:3000' } });
  browser = await launchChromium();
});
beforeEach(() => open());
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

const at = (path: string) => `http://localhost:${new URL(app.url).port}${path}`;

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
  context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 }, ...options });
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => {
    const text = message.text();
    if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(text)) complaints.push(text);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
}

const heading = (name: string) => page.getByRole('heading', { name, exact: true, level: 1 });
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const fill = (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text);

async function signIn(email: string, password = goodPassword): Promise<void> {
  await page.goto(at('/account/sign-in'));
  await fill('Email', email);
  await fill('Password', password);
  await press('Sign in');
}

async function signedIn(): Promise<string> {
  const { user } = await register(app, { name: 'Ada Lovelace' });
  await signIn(user.email);
  await heading('Profile').waitFor();
  return user.email;
}

describe('signing in', () => {
  it('leads from / to the account, and back there after the sign-in', async () => {
    const { user } = await register(app);
    await page.goto(at('/'));
    await page.getByRole('link', { name: 'Your account' }).click();
    await heading('Sign in').waitFor();
    await fill('Email', user.email);
    await fill('Password', 'not the password');
    await press('Sign in');
    await page.getByRole('alert').filter({ hasText: 'The email address or the password is incorrect.' }).waitFor();
    await fill('Password', goodPassword);
    await press('Sign in');
    await heading('Profile').waitFor();
    expect(new URL(page.url()).pathname).toBe('/account');
    await press('Sign out');
    await heading('Sign in').waitFor();
    expect(await context.cookies()).toEqual([]);
  });

  it('asks for the second factor, and says when it is wrong', async () => {
    await signedIn();
    await page.getByRole('link', { name: 'Security' }).click();
    await press('Set up an authenticator app');
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    expect(await inspect(page, 'totp')).toEqual([]);
    const secret = (await page.locator('dialog code').innerText()).replaceAll(' ', '');
    expect(secret).toMatch(/^[A-Z2-7]{16,}$/);
    await page.getByLabel('Code').fill('000000');
    await press('Turn on');
    await page.getByText('This code is not right. Try again.').waitFor();
  });

  it('registers, and says what is wrong with each field', async () => {
    const email = newEmail();
    await page.goto(at('/account/sign-in'));
    await page.getByRole('link', { name: 'Create one' }).click();
    await heading('Create an account').waitFor();
    await fill('Email', email);
    await fill('Password', 'password123');
    await press('Create account');
    await page.getByText('most common passwords').waitFor();
    expect(await page.getByLabel('Password', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    expect(await inspect(page, 'register-error')).toEqual([]);
    await fill('Password', goodPassword);
    await press('Create account');
    await heading('Profile').waitFor();
    await page.getByText(email).first().waitFor();
  });

  it('sends an address that is not confirmed to its email first', async () => {
    const strict = await startAppForTest({ env: { REQUIRE_VERIFIED_EMAIL: 'on' } });
    const email = newEmail();
    await expectStatus(call(strict, 'POST', '/auth/register', { body: { email, password: goodPassword } }), 202);
    await page.goto(`http://localhost:${new URL(strict.url).port}/account/sign-in`);
    await fill('Email', email);
    await fill('Password', goodPassword);
    await press('Sign in');
    await heading('Confirm your address first').waitFor();
    await press('Send the email again');
    await page.getByText('an email is on its way').waitFor();
  });

  it('replaces a forgotten password by email', async () => {
    const { user } = await register(app);
    await page.goto(at('/account/sign-in'));
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await fill('Email', user.email);
    await press('Send the link');
    await page.getByText('an email is on its way').waitFor();
    expect(await inspect(page, 'forgot')).toEqual([]);
    const token = tokenIn((await mailsTo(app, user.email)).at(-1));
    await page.goto('about:blank');
    await page.goto(at(`/account/reset-password#token=${token}`));
    await fill('New password', newPassword);
    await press('Save');
    await page.getByText('Your password was changed.').waitFor();
    expect(await inspect(page, 'reset')).toEqual([]);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await fill('Email', user.email);
    await fill('Password', newPassword);
    await press('Sign in');
    await heading('Profile').waitFor();
  });
});

describe('the account', () => {
  it('changes name and language, and speaks it at once', async () => {
    const email = await signedIn();
    await fill('Name (optional)', 'Augusta Ada King');
    await page.getByLabel('Language', { exact: true }).first().selectOption('ko');
    await press('Save');
    await page.getByRole('heading', { name: '프로필', level: 1 }).waitFor();
    const { access_token: token } = await login(app, email);
    expect((await call(app, 'GET', '/auth/me', { token })).body).toMatchObject({
      name: 'Augusta Ada King',
      locale: 'ko',
    });
    expect(await page.locator('html').getAttribute('lang')).toBe('ko');
  });

  it('asks for another address, which the link in its email confirms', async () => {
    const email = await signedIn();
    const next = newEmail();
    await page.getByText('Change the address').click();
    await fill('New email address', next);
    await fill('Current password', 'not the password');
    await press('Send the confirmation');
    await page.getByText('The password is incorrect.').waitFor();
    await fill('Current password', goodPassword);
    await press('Send the confirmation');
    await page.getByText('Open the link in the email to the new address.').waitFor();
    expect(email).not.toBe(next);
    const token = tokenIn((await mailsTo(app, next)).at(-1));
    await page.goto('about:blank');
    await page.goto(at(`/account/verify-email#token=${token}`));
    await page.getByText(`for the account ${email}`).waitFor();
    await press('Confirm');
    await page.getByText('Your email address is confirmed.').waitFor();
    await page.getByRole('link', { name: 'Go to your account' }).click();
    await page.getByText(next).first().waitFor();
  });

  it('changes the password, stays signed in here, and signs other devices out', async () => {
    const email = await signedIn();
    const other = await login(app, email);
    await page.getByRole('link', { name: 'Security' }).click();
    await fill('Current password', goodPassword);
    await fill('New password', newPassword);
    await press('Change password');
    await page.getByText('Your password is changed.').waitFor();
    await expectProblem(call(app, 'GET', '/auth/me', { token: other.access_token }), 401, 'token_revoked');
    await page.getByRole('link', { name: 'Profile' }).click();
    await heading('Profile').waitFor();
    await login(app, email, newPassword);
  });

  it('asks for the password once more when the sign-in is a while ago, and goes on', async () => {
    await signedIn();
    app.clock.advanceSeconds(20 * 60);
    await page.getByRole('link', { name: 'Security' }).click();
    await fill('Current password', goodPassword);
    await fill('New password', newPassword);
    await press('Change password');
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
    await dialog.waitFor();
    expect(await inspect(page, 'step-up')).toEqual([]);
    await dialog.getByLabel('Password').fill('not the password');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('Password').fill(goodPassword);
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Your password is changed.').waitFor();
  });

  it('lists the devices, and signs one of them out', async () => {
    const email = await signedIn();
    await login(app, email);
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByText('This device').waitFor();
    expect(await page.getByText('Chrome on Linux').count()).toBe(1);
    await page.getByRole('button', { name: 'Sign out', exact: true }).last().click();
    await page.locator('.rows > li').nth(2).waitFor({ state: 'detached' });
    await press('Sign out everywhere');
    await heading('Sign in').waitFor();
  });

  it('shows what happened, downloads everything, and deletes the account', async () => {
    const email = await signedIn();
    await page.getByRole('link', { name: 'Activity' }).click();
    await page.getByText('Signed in').first().waitFor();
    await page.getByRole('link', { name: 'Your data' }).click();
    const download = page.waitForEvent('download');
    await press('Download my data');
    expect((await download).suggestedFilename()).toBe('my-data.json');
    await press('Delete my account');
    const dialog = page.getByRole('dialog');
    expect(await inspect(page, 'delete')).toEqual([]);
    await dialog.getByLabel('Password').fill(goodPassword);
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    await heading('Sign in').waitFor();
    const body = { email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/login', { body }), 401, 'invalid_credentials');
  });

  it('signs the other tab out, too', async () => {
    await signedIn();
    const other = await context.newPage();
    await other.goto(at('/account/sessions'));
    await other.getByText('This device').waitFor();
    await press('Sign out');
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('says that the service cannot be reached, and tries again', async () => {
    await signedIn();
    await page.route('**/auth/sessions', (route) => route.abort());
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByRole('alert').filter({ hasText: 'The service cannot be reached.' }).waitFor();
    expect(await inspect(page, 'unreachable')).toEqual([]);
    await page.unroute('**/auth/sessions');
    await press('Try again');
    await page.getByText('This device').waitFor();
    complaints = complaints.filter((text) => !text.includes('ERR_FAILED'));
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
    await context.close();
    await open(options);
    const findings: string[] = [];
    for (const path of frontPaths) {
      await page.goto('about:blank');
      await page.goto(at(`/account/${path}`), { waitUntil: 'networkidle' });
      findings.push(...(await inspect(page, `${name}-${path.split('#')[0]}`)));
    }
    const body = { email: newEmail(), password: goodPassword, delivery: 'cookie', name: 'Ada Lovelace' };
    await page.goto(at('/account/sign-in'));
    await page.evaluate(`fetch('/auth/register', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: ${JSON.stringify(JSON.stringify(body))} }).then(({ status }) => status)`);
    await login(app, body.email);
    for (const path of accountPaths) {
      await page.goto(at(`/account${path}`), { waitUntil: 'networkidle' });
      findings.push(...(await inspect(page, `${name}-account${path.replace('/', '-')}`)));
    }
    expect(findings).toEqual([]);
  });
});

describe('what the service says about itself', () => {
  it('has the name, the color and the logo of the team', async () => {
    const own = await startAppForTest({
      env: { BRAND_NAME: 'Acme & Söhne', BRAND_COLOR: '#FFE600', BRAND_LOGO: 'docs/images/logo-example.svg' },
    });
    await page.goto(`http://localhost:${new URL(own.url).port}/account/sign-in`);
    await page.getByText('Acme & Söhne').waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.evaluate(`document.querySelector('.brand img').naturalWidth`)).toBe(32);
    const color = `getComputedStyle(document.querySelector('.button.primary')).backgroundColor`;
    expect(await page.evaluate(color)).toBe('rgb(255, 230, 0)');
    expect(await inspect(page, 'brand')).toEqual([]);
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
    page.on('requestfinished', (request) => requests.push(request));
    await page.goto(at('/account'), { waitUntil: 'networkidle' });
    const sizes = await Promise.all(requests.map((request) => request.sizes()));
    const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
    expect(requests.length).toBeGreaterThan(3);
    expect(bytes).toBeLessThanOrEqual(100 * 1024);
  });

  it('allows no inline script or style, and nothing from another origin', async () => {
    const { headers } = await call(app, 'GET', '/account');
    const policy = headers.get('content-security-policy')!;
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
  });
});
