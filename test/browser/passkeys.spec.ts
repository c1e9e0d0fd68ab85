import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { claimsOf } from '../factors/factor-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectStatus, goodPassword, registerConfirmed } from '../support/http.js';
import { launchChromium } from './chromium.js';
import type { PageServer } from './page-server.js';
import { startPageServer } from './page-server.js';

/** Pawl’s ceremonies with the WebAuthn of a real browser and its virtual authenticator. */

let pages: PageServer;
let app: TestApp;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let cdp: CDPSession;

beforeAll(async () => {
  pages = await startPageServer();
  app = await startApp({ env: { FRONTEND_URL: `http://localhost:${pages.port}` } });
  browser = await launchChromium();
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(`http://localhost:${pages.port}/frontend?service=none`);
  cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
});
afterEach(() => context.close());
afterAll(async () => {
  await browser.close();
  await app.close();
  await pages.close();
});

function plugIn(isUserVerified: boolean, hasUserVerification = true): Promise<unknown> {
  return cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification,
      isUserVerified,
      automaticPresenceSimulation: true,
    },
  });
}

/** The browser's own ceremony; the options and the response are JSON, as the API has them. */
function create(options: unknown): Promise<any> {
  return page.evaluate(`(async () => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)});
    return (await navigator.credentials.create({ publicKey })).toJSON();
  })()`);
}
function get(options: unknown): Promise<any> {
  return page.evaluate(`(async () => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)});
    return (await navigator.credentials.get({ publicKey })).toJSON();
  })()`);
}

async function enrol() {
  const { access_token: token, user } = await registerConfirmed(app);
  const { challenge, options } = await expectStatus(
    call(app, 'POST', '/auth/factors/passkeys/options', { token, body: {} }),
    200,
  );
  const body = { challenge, passkey: await create(options), name: 'Chromium' };
  return { user, added: await expectStatus(call(app, 'POST', '/auth/factors/passkeys', { token, body }), 201) };
}

describe('a passkey of Chromium', () => {
  it('is created, and signs in without an address, again and again', async () => {
    await plugIn(true);
    const { user, added } = await enrol();
    expect(added.recovery_codes).toHaveLength(10);
    for (let i = 0; i < 3; i++) {
      const { challenge, options } = await expectStatus(call(app, 'POST', '/auth/passkeys/options', { body: {} }), 200);
      const body = { challenge, passkey: await get(options) };
      const signedIn = await expectStatus(call(app, 'POST', '/auth/passkeys/login', { body }), 200);
      expect(signedIn.user.id).toBe(user.id);
      expect(claimsOf(signedIn)).toMatchObject({ acr: 'aal2' });
      expect(claimsOf(signedIn).amr).toContain('user');
    }
  });

  it('is a second factor after the password, without verifying its user', async () => {
    await plugIn(false, false);
    const { user } = await enrol();
    const login = { email: user.email, password: goodPassword };
    const { body: problem } = await call(app, 'POST', '/auth/login', { body: login });
    expect(problem).toMatchObject({ code: 'second_factor_required', factors: ['passkey', 'recovery_code'] });
    const body = { challenge: problem.challenge, passkey: await get(problem.passkey_options) };
    const signedIn = await expectStatus(call(app, 'POST', '/auth/login/factor', { body }), 200);
    expect(claimsOf(signedIn).amr).not.toContain('user');
    expect(claimsOf(signedIn)).toMatchObject({ acr: 'aal2' });
  });

  it('is offered once for each account: the browser knows the ones to exclude', async () => {
    await plugIn(true);
    const { added } = await enrol();
    const { options } = await expectStatus(
      call(app, 'POST', '/auth/factors/passkeys/options', { token: added.access_token, body: {} }),
      200,
    );
    await expect(create(options)).rejects.toThrow(/InvalidStateError|already registered|excluded/i);
  });

  it('confirms a sign-in', async () => {
    await plugIn(true);
    const { added } = await enrol();
    const { challenge, options } = await expectStatus(call(app, 'POST', '/auth/passkeys/options', { body: {} }), 200);
    const body = { challenge, passkey: await get(options) };
    const fresh = await expectStatus(call(app, 'POST', '/auth/step-up', { token: added.access_token, body }), 200);
    expect(claimsOf(fresh).amr).toContain('mfa');
  });
});
