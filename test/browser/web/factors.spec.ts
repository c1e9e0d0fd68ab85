import { Secret } from 'otpauth';
import type { CDPSession } from 'playwright-core';
import { codeOf, firstFactor, nextCode, registerWithApp, respond } from '../../factors/factor-story.js';
import { mailsTo, tokenIn } from '../../mail/mailbox.js';
import type { TestApp } from '../../support/app.js';
import { call, expectStatus, makeAdmin, newEmail, registerConfirmed } from '../../support/http.js';
import { inspect } from './tour.js';
import { setUpWalk } from './walk.js';

const required = { MFA_REQUIRED_ROLES: 'admin' };
const walk = setUpWalk({ env: () => required });

const confirmTitle = 'Confirm that it is you';
/** Longer than a sign-in counts as recent. */
const anHourLater = (app: TestApp) => app.clock.advanceSeconds(60 * 60);

/** Adds an app through the pages that are open. Returns its secret and the recovery codes. */
async function setUpApp(): Promise<{ secret: Uint8Array; codes: string[] }> {
  await walk.press('Set up an authenticator app');
  await walk.page.getByRole('img', { name: 'QR code' }).waitFor();
  const base32 = (await walk.page.locator('dialog code').innerText()).replaceAll(' ', '');
  const app = { secret: Secret.fromBase32(base32).bytes };
  // A code from half an hour ago is never the right one.
  await walk.fill('Code', codeOf(app, walk.app, -60));
  await walk.press('Turn on');
  await walk.shows('This code is not right. Try again.');
  await walk.fill('Code', codeOf(app, walk.app));
  await walk.press('Turn on');
  const dialog = walk.dialog('Your recovery codes');
  await dialog.waitFor();
  const codes = await dialog.getByRole('listitem').allInnerTexts();
  await walk.press('I have stored them');
  await dialog.waitFor({ state: 'detached' });
  return { ...app, codes };
}

it('an authenticator app is set up, asked for, replaced by recovery codes, and removed', async () => {
  const { user } = await registerConfirmed(walk.app);
  await walk.signIn(user.email);
  await walk.follow('Security');
  await walk.shows('You have no second factor yet.');
  const { secret, codes } = await setUpApp();
  expect(new Set(codes).size).toBe(10);
  await walk.shows('10 recovery codes left');
  // Shown once: not even a reload shows them again.
  await walk.page.reload();
  await walk.shows('10 recovery codes left');
  for (const code of codes) expect(await walk.page.content()).not.toContain(code);

  await walk.signOut();
  nextCode(walk.app);
  await walk.signIn(user.email);
  await walk.heading(confirmTitle);
  expect(await inspect(walk.page, 'second-factor')).toEqual([]);
  await walk.fill('Code', codeOf({ secret }, walk.app, -60));
  await walk.press('Continue');
  await walk.shows('This code is not right. Try again.');
  await walk.fill('Code', codeOf({ secret }, walk.app));
  await walk.press('Continue');
  await walk.heading('Profile');
  await walk.signOut();

  for (const code of codes.slice(0, 6)) {
    const { challenge } = await firstFactor(walk.app, user.email);
    expect((await respond(walk.app, { challenge, recovery_code: code })).status).toBe(200);
  }
  await walk.signIn(user.email);
  await walk.press('Use a recovery code');
  await walk.fill('Code', codes[0]!);
  await walk.press('Continue');
  await walk.shows('This code is not right. Try again.');
  await walk.fill('Code', codes[6]!.toUpperCase());
  await walk.press('Continue');
  await walk.heading('Security');
  await walk.shows('3 recovery codes left');
  await walk.shows('Few left');
  expect(await inspect(walk.page, 'security-few-codes')).toEqual([]);

  anHourLater(walk.app);
  await walk.press('Create new recovery codes');
  await walk.dialog(confirmTitle).waitFor();
  await walk.fill('Code', codeOf({ secret }, walk.app));
  await walk.press('Continue');
  await walk.dialog('Your recovery codes').waitFor();
  expect(await inspect(walk.page, 'recovery-codes')).toEqual([]);
  for (let presses = 0; presses < 3; presses++) await walk.page.keyboard.press('Escape');
  await walk.press('I have stored them');
  await walk.shows('10 recovery codes left');

  await walk.press('Remove');
  await walk.dialog('Remove Authenticator app?').getByRole('button', { name: 'Remove' }).click();
  await walk.shows('You have no second factor yet.');
});

describe('a passkey', () => {
  let devtools: CDPSession;
  let authenticatorId: string;
  beforeEach(async () => {
    devtools = await walk.context.newCDPSession(walk.page);
    await devtools.send('WebAuthn.enable');
    ({ authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: false,
      },
    }));
  });

  /** While its person is there, the authenticator responds to every prompt at once. */
  const beThere = (enabled: boolean) =>
    devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });

  /** An autofill in which nothing is picked, however long it is there. As in a browser, there is one prompt at a time. */
  const pickNothing = () =>
    walk.context.addInitScript(`{
      const get = navigator.credentials.get.bind(navigator.credentials);
      let isOffering = false;
      navigator.credentials.get = async (options) => {
        if (isOffering) throw new DOMException('A request is already pending.', 'OperationError');
        if (options.mediation !== 'conditional') return get(options);
        options.signal.throwIfAborted();
        isOffering = true;
        return new Promise((_, reject) =>
          options.signal.addEventListener('abort', () => {
            isOffering = false;
            reject(options.signal.reason);
          }),
        );
      };
    }`);

  it('is added, renamed, signs in without an address, is a second factor, confirms, and is removed', async () => {
    await pickNothing();
    const { user } = await registerConfirmed(walk.app);
    await walk.signIn(user.email);
    await walk.follow('Security');
    await walk.shows('You have no second factor yet.');
    await beThere(true);
    await walk.press('Add a passkey');
    await walk.dialog('Your recovery codes').waitFor();
    await walk.press('I have stored them');
    await walk.shows('Chrome on Linux');
    await walk.press('Add a passkey');
    await walk.shows('No passkey was created.');
    await walk.press('Rename');
    await walk.fill('Name', 'The laptop');
    expect(await inspect(walk.page, 'rename-passkey')).toEqual([]);
    await walk.press('Save');
    await walk.shows('The laptop');

    await beThere(false);
    await walk.signOut();
    await walk.signIn(user.email);
    await walk.heading(confirmTitle);
    await beThere(true);
    await walk.press('Use a passkey');
    await walk.heading('Profile');

    await beThere(false);
    await walk.signOut();
    await beThere(true);
    await walk.press('Use a passkey');
    await walk.heading('Profile');
    await walk.shows(user.email);

    anHourLater(walk.app);
    await walk.follow('Security');
    await walk.press('Remove');
    await walk.dialog('Remove The laptop?').getByRole('button', { name: 'Remove' }).click();
    await walk.dialog(confirmTitle).waitFor();
    expect(await inspect(walk.page, 'step-up-passkey')).toEqual([]);
    await walk.dialog(confirmTitle).getByRole('button', { name: 'Use a passkey' }).click();
    await walk.shows('You have no second factor yet.');
  });

  it('is offered by the autofill of the sign-in page, without an address and without a press', async () => {
    const { user } = await registerConfirmed(walk.app);
    await walk.signIn(user.email);
    await walk.follow('Security');
    await beThere(true);
    await walk.press('Add a passkey');
    await walk.press('I have stored them');
    await walk.press('Sign out');
    await walk.heading('Profile');
    await walk.shows(user.email);
  });
});

it('an email signs in, with its code and with its link', async () => {
  const { user } = await registerConfirmed(walk.app);
  const send = async () => {
    await walk.goto('/account/sign-in');
    await walk.fill('Email', user.email);
    await walk.press('Email me a link');
    await walk.heading('Check your email');
    return (await mailsTo(walk.app, user.email)).at(-1)!;
  };
  const { text } = await send();
  expect(await inspect(walk.page, 'email-code')).toEqual([]);
  const [code = ''] = /\b\d{6}\b/.exec(text)!;
  await walk.fill('Code', String((Number(code) + 1) % 1_000_000).padStart(6, '0'));
  await walk.press('Sign in');
  await walk.shows('This code is not right, or has expired.');
  await walk.fill('Code', `${code.slice(0, 3)} ${code.slice(3)}`);
  await walk.press('Sign in');
  await walk.heading('Profile');
  await walk.signOut();

  walk.app.clock.advanceSeconds(2 * 60);
  const link = /http\S+#token=\S+/.exec((await send()).text)![0];
  await walk.page.goto('about:blank');
  await walk.page.goto(link);
  await walk.heading('Sign in with this link');
  // The link may be another person's: its account is named first.
  await walk.page.getByText(user.email, { exact: true }).waitFor();
  expect(await inspect(walk.page, 'link-sign-in')).toEqual([]);
  expect(walk.page.url()).not.toContain('token');
  await walk.press('Sign in');
  await walk.heading('Profile');
  await walk.signOut();
  await walk.page.goto('about:blank');
  await walk.page.goto(link);
  await walk.shows('This link has expired or was already used.');
  await walk.press('Sign in another way');
  await walk.heading('Sign in');
  await walk.page.getByRole('button', { name: 'Email me a link' }).waitFor();
});

it('an emailed code does not replace the second factor', async () => {
  const user = await registerWithApp(walk.app);
  await walk.goto('/account/sign-in');
  await walk.fill('Email', user.email);
  await walk.press('Email me a link');
  await walk.heading('Check your email');
  const { text } = (await mailsTo(walk.app, user.email)).at(-1)!;
  await walk.fill('Code', /\b\d{6}\b/.exec(text)![0]);
  await walk.press('Sign in');
  await walk.heading(confirmTitle);
  await walk.fill('Code', codeOf(user, walk.app));
  await walk.press('Continue');
  await walk.heading('Profile');
});

it('a user who signs in by email only confirms by signing in again, returns to the page, and sets a password', async () => {
  const email = newEmail();
  await invite(email);
  const signInByEmail = async () => {
    await walk.press('Email me a link');
    await walk.heading('Check your email');
    const { text } = (await mailsTo(walk.app, email)).at(-1)!;
    await walk.fill('Code', /\b\d{6}\b/.exec(text)![0]);
    await walk.press('Sign in');
  };
  await walk.goto('/account/security');
  await walk.heading('Sign in');
  await walk.fill('Email', email);
  await signInByEmail();
  await walk.heading('Security');

  anHourLater(walk.app);
  await walk.press('Set up an authenticator app');
  await walk.dialog(confirmTitle).waitFor();
  await walk.shows('Sign in again, and you come back to this page.');
  expect(await inspect(walk.page, 'step-up-nothing')).toEqual([]);
  await walk.press('Sign in again');
  await walk.heading('Sign in again');
  expect(await inspect(walk.page, 'sign-in-again')).toEqual([]);
  expect(await walk.page.getByLabel('Email', { exact: true }).inputValue()).toBe(email);
  await signInByEmail();
  await walk.heading('Security');
  await walk.press('Set up an authenticator app');
  await walk.page.getByRole('img', { name: 'QR code' }).waitFor();
  await walk.press('Cancel');

  await walk.follow('Profile');
  const next = newEmail();
  await walk.page.getByText('Change the address').click();
  await walk.fill('New email address', next);
  expect(await walk.page.getByLabel('Current password').count()).toBe(0);
  await walk.press('Send the confirmation');
  await walk.shows('Open the link in the email to the new address.');

  await walk.follow('Security');
  await walk.press('Send the link');
  await walk.shows(`An email to ${email} is on its way.`);
  const token = tokenIn((await mailsTo(walk.app, email)).at(-1));
  await walk.page.goto('about:blank');
  await walk.goto(`/account/reset-password#token=${token}`);
  await walk.fill('New password', 'another horse, another battery');
  await walk.press('Save');
  await walk.shows('Your password was changed.');
  await walk.signIn(email, 'another horse, another battery');
  await walk.heading('Profile');
});

it('an admin whose role requires a second factor can do nothing else before adding one', async () => {
  const { user } = await makeAdmin(walk.app);
  await walk.signIn(user.email);
  await walk.heading('Add a second factor');
  expect(await inspect(walk.page, 'enrolment')).toEqual([]);
  await walk.goto('/admin');
  await walk.heading('Add a second factor');
  const { secret } = await setUpApp();
  await walk.heading('Users');
  await walk.signOut();
  nextCode(walk.app);
  await walk.signIn(user.email);
  await walk.fill('Code', codeOf({ secret }, walk.app));
  await walk.press('Continue');
  await walk.heading('Profile');
});

/** Creates a user without a password, as an admin does. */
async function invite(email: string): Promise<void> {
  const admin = await makeAdmin(walk.app);
  const { secret: base32 } = await expectStatus(
    call(walk.app, 'POST', '/auth/factors/totp', { token: admin.access_token }),
    201,
  );
  const code = codeOf({ secret: Secret.fromBase32(base32).bytes }, walk.app);
  const { access_token: token } = await expectStatus(
    call(walk.app, 'POST', '/auth/factors/totp/confirm', { token: admin.access_token, body: { code } }),
    201,
  );
  await expectStatus(call(walk.app, 'POST', '/users', { token, body: { email } }), 201);
}
