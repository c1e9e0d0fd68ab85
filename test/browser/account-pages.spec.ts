import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  newEmail,
  register,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { launchChromium } from './chromium.js';
import { onComplaint } from './complaints.js';

const refusal =
  /^Failed to load resource: the server responded with a status of (400|403) .*\/auth\/(email\/(verify|link)|password\/reset)$/;
const newPassword = 'another horse, another battery';

let app: TestApp;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let requests: Request[];
/** Errors that the browser reports: refused by the policy, failed to load, thrown. */
let complaints: string[];

beforeAll(async () => {
  app = await startApp();
  browser = await launchChromium();
});
beforeEach(() => openBrowser('en-US'));
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

async function openBrowser(locale: string): Promise<void> {
  context = await browser.newContext({ locale });
  [requests, complaints] = [[], []];
  context.on('request', (request) => requests.push(request));
  await openPage();
}

async function openPage(): Promise<void> {
  page = await context.newPage();
  onComplaint(page, (complaint) => complaints.push(complaint));
}

/** The browser reports each refused request. It must report nothing else. */
function expectRefusals(count: number): void {
  expect(complaints).toHaveLength(count);
  for (const complaint of complaints) expect(complaint).toMatch(refusal);
  complaints = [];
}

/** The link of the latest email, with the address that the service has here instead of PUBLIC_URL. */
async function linkFor(email: string): Promise<URL> {
  const text = (await mailsTo(app, email)).at(-1)!.text;
  const link = new URL(/^http:\S+#token=\S+$/m.exec(text)![0]);
  expect(link.origin).toBe('http://localhost:3000');
  return new URL(link.pathname + link.hash, app.url);
}

async function registered(): Promise<string> {
  return (await register(app)).user.email;
}

/** Registers a user in the browser, which is signed in from then on. */
async function signedIn(): Promise<string> {
  const email = newEmail();
  const body = { email, password: goodPassword, delivery: 'cookie' };
  await page.goto(new URL('/account/verify-email', app.url).href);
  await page.evaluate(`fetch('/auth/register', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: ${JSON.stringify(JSON.stringify(body))} }).then((response) => response.text())`);
  await page.goto('about:blank');
  return email;
}

async function resetLinkFor(email: string): Promise<URL> {
  await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email } }), 202);
  return linkFor(email);
}

async function isVerified(email: string): Promise<boolean> {
  const [user] = await app.db.query<{ email_verified: boolean }>('SELECT email_verified FROM users WHERE email = $1', [
    email,
  ]);
  return user!.email_verified;
}

const button = () => page.getByRole('button');
const status = () => page.getByRole('status');
const lookUp = '/auth/email/link';
/** What a page sends besides the look-up, which changes nothing (test/mail/email-links.spec.ts). */
const posts = () => requests.filter((request) => request.method() === 'POST' && !request.url().endsWith(lookUp));

async function press(): Promise<string> {
  await button().click();
  return said();
}

/** Confirms as somebody who is not signed in: the page asks for the password. */
async function confirm(): Promise<string> {
  const password = page.locator('input[type=password]');
  await button().click();
  await password.waitFor();
  expectRefusals(1);
  await password.fill(goodPassword);
  await button().click();
  await button().waitFor({ state: 'hidden' });
  return said();
}

/** The message of the page, once there is one. */
async function said(): Promise<string> {
  await status()
    .filter({ hasText: /\S/, hasNotText: /^(Loading|불러오는 중)$/ })
    .waitFor();
  return status().innerText();
}

describe('the page that confirms an address', () => {
  it('confirms it when the button is pressed, and says so', async () => {
    const email = await registered();
    await page.goto((await linkFor(email)).href);
    expect(await page.getByRole('heading').innerText()).toBe('Confirm your email address');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.getByText(email, { exact: true }).waitFor();
    expect(await confirm()).toBe('Your email address is confirmed. You can close this page and sign in.');
    await page.getByText(email, { exact: true }).waitFor();
    expect(await button().isVisible()).toBe(false);
    expect(await isVerified(email)).toBe(true);
  });

  it('asks for the password again after a wrong one', async () => {
    const email = await registered();
    await page.goto((await linkFor(email)).href);
    expect(await press()).toContain('Enter the password that you chose for this account');
    await page.getByLabel('Password').fill('not the password');
    await button().click();
    await status().filter({ hasText: 'This password is incorrect.' }).waitFor();
    expectRefusals(2);
    expect(await isVerified(email)).toBe(false);
    await page.getByLabel('Password').fill(goodPassword);
    await button().click();
    await status().filter({ hasText: 'Your email address is confirmed.' }).waitFor();
  });

  it('asks for no password in a browser that is signed in', async () => {
    const email = await signedIn();
    await page.goto((await linkFor(email)).href);
    expect(await press()).toBe('Your email address is confirmed.');
    await page.getByText(email, { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Go to your account' }).waitFor();
  });

  it('confirms a new address too', async () => {
    const [{ access_token: token, user }, email] = [await register(app), newEmail()];
    const body = { email, password: goodPassword };
    await expectStatus(call(app, 'POST', '/auth/email', { token, body }), 202);
    await page.goto((await linkFor(email)).href);
    expect(await confirm()).toContain('Your email address is confirmed.');
    const { user: changed } = await login(app, email);
    expect(changed.id).toBe(user.id);
  });

  it('confirms nothing by being opened: a mail scanner opens links, and runs scripts, before any reader does', async () => {
    const email = await registered();
    const link = await linkFor(email);
    const stored = () => app.db.query('SELECT * FROM one_time_tokens WHERE email = $1', [email]);
    const before = await stored();
    await page.goto(link.href, { waitUntil: 'networkidle' });
    await button().waitFor();
    expect(posts()).toEqual([]);
    expect(await stored()).toEqual(before);
    expect(await isVerified(email)).toBe(false);
    await page.close();
    await openPage();
    await page.goto(link.href);
    expect(await confirm()).toContain('Your email address is confirmed.');
  });

  it('says of an old link at once that it has expired, and sends a new one to a visitor who is signed out', async () => {
    const email = await registered();
    const link = await linkFor(email);
    app.clock.advanceSeconds(61 * 60);
    await page.goto(link.href);
    expect(await said()).toBe('This link has expired or was already used. Ask for a new one.');
    expect(await isVerified(email)).toBe(false);
    expectRefusals(1);
    await page.getByLabel('Email').fill(email);
    await page.getByRole('button', { name: 'Send a new link' }).click();
    await page.getByText('If the address is waiting to be confirmed, an email is on its way.').waitFor();
    const next = await linkFor(email);
    expect(next.hash).not.toBe(link.hash);
    await page.goto('about:blank');
    await page.goto(next.href);
    expect(await confirm()).toContain('Your email address is confirmed.');
    expect(await isVerified(email)).toBe(true);
  });

  it('sends a new link to the address of a visitor who is signed in, without asking for it', async () => {
    const email = await signedIn();
    const link = await linkFor(email);
    app.clock.advanceSeconds(61 * 60);
    await page.goto('about:blank');
    await page.goto(link.href);
    await page.getByText(`We send the new link to ${email}.`).waitFor();
    await page.getByRole('button', { name: 'Send a new link' }).click();
    await page.getByText('If the address is waiting to be confirmed, an email is on its way.').waitFor();
    expectRefusals(1);
    const next = await linkFor(email);
    await page.goto('about:blank');
    await page.goto(next.href);
    expect(await press()).toBe('Your email address is confirmed.');
    await page.goto('about:blank');
    app.clock.advanceSeconds(61 * 60);
    await page.goto(next.href);
    // Nothing is left to confirm: only the account can ask for another address.
    await page.getByText(`You are signed in as ${email}, and this address is confirmed.`).waitFor();
    await page.getByRole('link', { name: 'Go to your account' }).waitFor();
    expect(await button().count()).toBe(0);
    expectRefusals(1);
  });

  it('says whose link it is to a visitor who is signed in to another account, and to which account it leads', async () => {
    const own = await signedIn();
    const email = await registered();
    await page.goto((await linkFor(email)).href);
    await page.getByText(email, { exact: true }).waitFor();
    await page.getByText(`You are signed in as ${own}, but this link belongs to another account.`).waitFor();
    expect(await confirm()).toBe('Your email address is confirmed.');
    expect(await isVerified(email)).toBe(true);
    expect(await isVerified(own)).toBe(false);
  });

  it('says again that the address is confirmed when the link is opened twice', async () => {
    const { href } = await linkFor(await registered());
    await page.goto(href);
    await confirm();
    await page.goto('about:blank');
    await page.goto(href);
    expect(await said()).toBe('Your email address is confirmed. You can close this page and sign in.');
  });

  it('takes another link that is pasted into it', async () => {
    const [first, second] = [await registered(), await registered()];
    await page.goto((await linkFor(first)).href);
    await confirm();
    await page.evaluate(`location.href = ${JSON.stringify((await linkFor(second)).href)}`);
    await button().waitFor();
    expect(page.url()).not.toContain('token');
    expect(await confirm()).toContain('Your email address is confirmed.');
    expect(await isVerified(second)).toBe(true);
  });

  it('says of a link that was cut off that it is incomplete, and shows no button', async () => {
    const { href } = new URL('/account/verify-email', app.url);
    for (const link of [href, `${href}#`, `${href}#token=`, `${href}?token=abc`]) {
      await page.goto('about:blank');
      await page.goto(link);
      expect(await said()).toBe('This link is incomplete. Open it from the email again, or copy all of it.');
      expect(await button().isVisible()).toBe(false);
    }
  });

  it('says that it did not work if there is no response, and works when pressed again', async () => {
    const email = await registered();
    await page.goto((await linkFor(email)).href);
    await page.route('**/auth/email/verify', (route) => route.abort());
    expect(await press()).toBe('Something went wrong. Try again in a moment.');
    expect(complaints).not.toEqual([]);
    complaints = [];
    await page.unroute('**/auth/email/verify');
    expect(await confirm()).toContain('Your email address is confirmed.');
    expect(await isVerified(email)).toBe(true);
  });
});

describe('the page that sets a new password', () => {
  it('sets it: the new password works, and the old one does not', async () => {
    const email = await registered();
    await page.goto((await resetLinkFor(email)).href);
    expect(await page.getByRole('heading').innerText()).toBe('Choose a new password');
    await page.getByLabel('New password').fill(newPassword);
    expect(await press()).toBe('Your password was changed. You can close this page and sign in with the new one.');
    await login(app, email, newPassword);
    const body = { email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/login', { body }), 401, 'invalid_credentials');
  });

  it('says why it refuses a weak password, and the link still works', async () => {
    const email = await registered();
    await page.goto((await resetLinkFor(email)).href);
    for (const [password, why] of [
      ['password123', 'most common passwords'],
      ['short', 'at least 8 characters'],
      [email, 'email address'],
    ] as const) {
      await page.getByLabel('New password').fill(password);
      const reason = await press();
      expect(reason).toMatch(/^Choose another password\. This [^{}]+[^.]\.$/);
      expect(reason).toContain(why);
      await login(app, email);
    }
    expectRefusals(3);
    await page.getByLabel('New password').fill(newPassword);
    await button().click();
    await status().filter({ hasText: 'Your password was changed.' }).waitFor();
    await login(app, email, newPassword);
  });

  it('says of an old link that it has expired, and changes nothing', async () => {
    const email = await registered();
    const link = await resetLinkFor(email);
    app.clock.advanceSeconds(31 * 60);
    await page.goto(link.href);
    expect(await said()).toBe('This link has expired or was already used. Ask for a new one.');
    expectRefusals(1);
    await login(app, email);
  });

  it('sends a new link instead of one that has been used, and names the account of each', async () => {
    const email = await registered();
    const { href } = await resetLinkFor(email);
    await page.goto(href);
    await page.getByText(email, { exact: true }).waitFor();
    // What password managers store the new password for.
    expect(await page.locator('input[autocomplete=username]').inputValue()).toBe(email);
    await page.getByLabel('New password').fill(newPassword);
    await button().click();
    await status().filter({ hasText: 'Your password was changed.' }).waitFor();
    await page.getByText(email, { exact: true }).waitFor();
    await page.goto('about:blank');
    await page.goto(href);
    await status().filter({ hasText: 'already used' }).waitFor();
    expectRefusals(1);
    app.clock.advanceSeconds(61);
    await page.getByLabel('Email').fill(email);
    await page.getByRole('button', { name: 'Send a new link' }).click();
    await page.getByText('If this address has an account, an email is on its way.').waitFor();
    await page.goto('about:blank');
    await page.goto((await linkFor(email)).href);
    await page.getByLabel('New password').fill('a third password, quite long');
    await button().click();
    await status().filter({ hasText: 'Your password was changed.' }).waitFor();
    await login(app, email, 'a third password, quite long');
  });

  it('says of a link that was opened in time, and expires before the password is sent, that it has expired', async () => {
    const email = await registered();
    await page.goto((await resetLinkFor(email)).href);
    await page.getByLabel('New password').fill(newPassword);
    app.clock.advanceSeconds(31 * 60);
    expect(await press()).toBe('This link has expired or was already used. Ask for a new one.');
    expectRefusals(1);
    await page.getByRole('button', { name: 'Send a new link' }).waitFor();
    await login(app, email);
  });

  it('says to an invited user that it is the first password of the account', async () => {
    const { access_token: token } = await makeAdmin(app);
    const email = newEmail();
    await expectStatus(call(app, 'POST', '/users', { token, body: { email } }), 201);
    await page.goto((await linkFor(email)).href);
    await page.getByText('With it you sign in to your new account.').waitFor();
    await page.getByText(email, { exact: true }).waitFor();
  });

  it('asks for a password: nothing is sent without', async () => {
    const email = await registered();
    await page.goto((await resetLinkFor(email)).href);
    await button().click();
    expect(await page.locator('input:invalid').count()).toBe(1);
    expect(posts()).toEqual([]);
  });

  it('lets a password manager know that the password is a new one', async () => {
    await page.goto((await resetLinkFor(await registered())).href);
    const field = page.getByLabel('New password');
    expect(await field.getAttribute('type')).toBe('password');
    expect(await field.getAttribute('autocomplete')).toBe('new-password');
  });
});

describe('the token of a link', () => {
  it('leaves the address bar and the history at once, and is sent nowhere but to where it is used', async () => {
    const email = await registered();
    const link = await linkFor(email);
    const token = tokenIn((await mailsTo(app, email)).at(-1));
    expect(link.hash).toBe(`#token=${token}`);
    await page.goto(link.href);
    await button().waitFor();
    expect(page.url()).toBe(new URL('/account/verify-email', app.url).href);
    expect(await confirm()).toContain('Your email address is confirmed.');
    await page.goto(new URL('/account/reset-password', app.url).href);
    await page.goBack();
    expect(page.url()).not.toContain(token);
    for (const request of requests) {
      expect(request.url().replace(link.href, '')).not.toContain(token);
      expect(JSON.stringify(await request.allHeaders())).not.toContain(token);
      expect(new URL(request.url()).origin).toBe(new URL(app.url).origin);
    }
    const lookUps = requests.filter((request) => request.url().endsWith(lookUp));
    expect(lookUps.map((request) => request.postDataJSON())).toEqual([{ token }]);
    expect(posts().map((request) => [new URL(request.url()).pathname, request.postDataJSON()])).toEqual([
      ['/auth/email/verify', { token, require_owner: true }],
      ['/auth/email/verify', { token, password: goodPassword, require_owner: true }],
    ]);
  });

  it.each(['verify-email', 'reset-password'])(
    'is never markup on %s (cross-site scripting by a link)',
    async (name) => {
      const hostile = `"'><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>`;
      await page.goto(
        `${app.url}/account/${name}?token=${encodeURIComponent(hostile)}#token=${encodeURIComponent(hostile)}`,
      );
      await button().waitFor();
      expect(await said()).toContain('This link has expired');
      expect(await page.evaluate('window.pwned')).toBeUndefined();
      expect(await page.locator('img').count()).toBe(0);
      expectRefusals(1);
    },
  );
});

describe('a browser in Korean', () => {
  beforeEach(async () => {
    await context.close();
    await openBrowser('ko-KR');
  });

  it('sees both pages and their messages in Korean', async () => {
    const email = await registered();
    await page.goto((await linkFor(email)).href);
    expect(await page.locator('html').getAttribute('lang')).toBe('ko');
    expect(await page.title()).toBe('이메일 주소 확인');
    expect(await button().innerText()).toBe('확인');
    expect(await confirm()).toBe('이메일 주소가 확인되었습니다. 이 페이지를 닫고 로그인해 주세요.');

    const link = await resetLinkFor(email);
    await page.goto(link.href);
    expect(await page.getByRole('heading').innerText()).toBe('새 비밀번호 정하기');
    await page.getByLabel('새 비밀번호').fill('short');
    expect(await press()).toBe('추측하기 쉽거나 길이가 맞지 않는 비밀번호입니다. 다른 비밀번호를 정해 주세요.');
    expectRefusals(1);
    await page.getByLabel('새 비밀번호').fill(newPassword);
    await button().click();
    await status().filter({ hasText: '비밀번호가 변경되었습니다.' }).waitFor();

    await page.goto('about:blank');
    await page.goto(link.href);
    expect(await said()).toBe('링크가 만료되었거나 이미 사용되었습니다. 새 링크를 요청해 주세요.');
    expectRefusals(1);
  });
});

describe('without JavaScript', () => {
  it('the page says that it needs it', async () => {
    await context.close();
    context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-US' });
    page = await context.newPage();
    await page.goto(new URL('/account/verify-email#token=x', app.url).href);
    expect(await page.locator('body').innerText()).toContain('This page needs JavaScript.');
    expect(await button().isVisible()).toBe(false);
  });
});

describe('the way back to the app', () => {
  it('is a link to BRAND_URL, whatever the address of the page says (attack: open redirect)', async () => {
    const own = await startAppForTest({ env: { BRAND_NAME: 'Acme', BRAND_URL: 'https://app.example.com/home/' } });
    const { user } = await register(own);
    const { hash } = new URL(/^http:\S+#token=\S+$/m.exec((await mailsTo(own, user.email)).at(-1)!.text)![0]);
    const query = '?return_to=https://evil.test&brandUrl=https://evil.test';
    const back = page.getByRole('link', { name: 'Back to Acme' });
    for (const fragment of ['', hash]) {
      await page.goto('about:blank');
      await page.goto(`${own.url}/account/verify-email${query}${fragment}`);
      expect(await back.getAttribute('href')).toBe('https://app.example.com/home');
      const brand = page.getByRole('link', { name: 'Acme', exact: true });
      expect(await brand.getAttribute('href')).toBe('https://app.example.com/home');
    }
    await confirm();
    expect(await back.getAttribute('class')).toContain('primary');
    expect(await back.getAttribute('href')).toBe('https://app.example.com/home');
    await page.goto(`${own.url}/account/sign-in`);
    await page.getByLabel('Email').fill(user.email);
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    // The page has loaded before its service ends.
    await page.getByText('Change the address').waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.getByRole('navigation').getByRole('link', { name: 'Back to Acme' }).getAttribute('href')).toBe(
      'https://app.example.com/home',
    );
  });

  it('is not there if the service knows no app', async () => {
    await page.goto(new URL('/account/verify-email', app.url).href);
    await said();
    expect(await page.getByRole('link', { name: 'Back to' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Go to your account' }).waitFor();
  });
});

describe('with a frontend of its own (FRONTEND_URL)', () => {
  it('the links lead there, and the pages are not found', async () => {
    const own = await startAppForTest({ env: { FRONTEND_URL: 'https://app.example.com/login' } });
    const { user } = await register(own);
    const [mail] = await mailsTo(own, user.email);
    expect(mail!.text).toContain(`https://app.example.com/login/verify-email#token=${tokenIn(mail)}`);
    for (const path of ['verify-email', 'reset-password']) {
      await expectProblem(call(own, 'GET', `/account/${path}`), 404, 'not_found');
      await expectStatus(call(app, 'GET', `/account/${path}`), 200);
    }
  });
});
