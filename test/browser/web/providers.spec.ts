import type { Browser } from 'playwright-core';
import { addApp, codeOf } from '../../factors/factor-story.js';
import type { Upstream } from '../../identities/upstream.js';
import { corpSettings, startUpstream } from '../../identities/upstream.js';
import type { TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import { goodPassword, newEmail, registerConfirmed } from '../../support/http.js';
import { launchChromium } from '../chromium.js';
import { inspect } from './tour.js';
import type { Visit } from './visit.js';
import { startVisit } from './visit.js';

/** A real provider and a real browser, through the pages. */

let upstream: Upstream;
let app: TestApp;
let browser: Browser;
let visit: Visit;

beforeAll(async () => {
  upstream = await startUpstream({ sub: 'ada' });
  app = await startApp({ env: { ...corpSettings(upstream), PUBLIC_URL: 'http://localhost:3000' } });
  // The provider sends the browser to PUBLIC_URL, whatever port the service has.
  browser = await launchChromium(`MAP localhost:3000 127.0.0.1:${new URL(app.url).port}`);
});
beforeEach(async () => {
  visit = await startVisit(browser);
});
afterEach(async () => {
  await visit.close();
  expect(visit.complaints).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
  await upstream.close();
});

const heading = (name: string) => visit.page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
const press = (name: string) => visit.page.getByRole('button', { name, exact: true }).click();
const fill = (label: string, text: string) => visit.page.getByLabel(label, { exact: true }).fill(text);
const open = (path: string) => visit.page.goto(`http://localhost:3000${path}`);

function arrive(more: object = {}): string {
  const email = newEmail();
  upstream.person = { sub: email, email, email_verified: true, ...more };
  return email;
}

it('signs in with another service, and the last way in stays', async () => {
  const email = arrive();
  await open('/account/sign-in');
  await visit.page.getByRole('button', { name: 'Continue with Corp' }).waitFor();
  expect(await inspect(visit.page, 'sign-in-provider')).toEqual([]);
  await press('Continue with Corp');
  await heading('Profile');
  await visit.page.getByText(email).first().waitFor();
  await visit.page.getByRole('link', { name: 'Security' }).click();
  await visit.page.getByText('Your account has no password.').waitFor();
  await press('Disconnect');
  await visit.page.getByText('This is the last way to sign in to your account.').waitFor();
  expect(await inspect(visit.page, 'connected-accounts')).toEqual([]);
  await visit.page.getByRole('link', { name: 'Your data' }).click();
  await press('Delete my account');
  await press('Delete for good');
  await heading('Sign in');
});

it('asks for the second factor of the account after it', async () => {
  const tokens = await registerConfirmed(app);
  const user = await addApp(app, tokens);
  arrive({ email: tokens.user.email });
  await open('/account/sign-in');
  await press('Continue with Corp');
  await heading('Confirm that it is you');
  await fill('Code', codeOf(user, app));
  await press('Continue');
  await heading('Profile');
  expect(visit.page.url()).toBe('http://localhost:3000/account');
});

it('says why a sign-in with another service failed, and leaves nothing in the address bar', async () => {
  arrive();
  upstream.declines = true;
  await open('/account/sign-in');
  await press('Continue with Corp');
  await visit.page.getByText('The other service did not confirm who you are.').waitFor();
  upstream.declines = false;
  expect(visit.page.url()).toBe('http://localhost:3000/account/sign-in');
});

it('connects an account at another service, and disconnects it', async () => {
  const { user } = await registerConfirmed(app);
  const email = arrive();
  await open('/account/sign-in');
  await fill('Email', user.email);
  await fill('Password', goodPassword);
  await press('Sign in');
  await heading('Profile');
  await visit.page.getByRole('link', { name: 'Security' }).click();
  await press('Connect Corp');
  await visit.page.getByText(email).first().waitFor();
  expect(visit.page.url()).toBe('http://localhost:3000/account/security');
  await press('Disconnect');
  await visit.page.getByText(email).first().waitFor({ state: 'detached' });
});
