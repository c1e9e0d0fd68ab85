import { addApp, codeOf } from '../../factors/factor-story.js';
import type { Upstream } from '../../identities/upstream.js';
import { corpSettings, startUpstream } from '../../identities/upstream.js';
import { newEmail, registerConfirmed } from '../../support/http.js';
import { openTab, startFrontend } from '../client/tabs.js';
import { inspect } from './tour.js';
import { publicUrl, setUpWalk } from './walk.js';

/** A real provider and a real browser, through the pages and through the client. */

let upstream: Upstream;
let frontend: Awaited<ReturnType<typeof startFrontend>>;
const walk = setUpWalk({
  env: async () => {
    upstream = await startUpstream({ sub: 'ada' });
    frontend = await startFrontend('frontend.mjs');
    return { ...corpSettings(upstream), CORS_ORIGINS: frontend.origin };
  },
});
const { goto, heading, press, fill, follow, shows, dialog, signIn } = walk;
afterAll(async () => {
  await upstream.close();
  await frontend.close();
});

function arrive(more: object = {}): string {
  const email = newEmail();
  upstream.person = { sub: email, email, email_verified: true, ...more };
  return email;
}

it('signs in with another service, confirms by signing in there again, and the last way in stays', async () => {
  const email = arrive();
  await goto('/account/sign-in');
  await walk.page.getByRole('button', { name: 'Continue with Corp' }).waitFor();
  expect(await inspect(walk.page, 'sign-in-provider')).toEqual([]);
  await press('Continue with Corp');
  await heading('Profile');
  await shows(email);
  await follow('Security');
  await shows('Your account has no password.');
  await press('Disconnect');
  await dialog('Disconnect Corp?').getByRole('button', { name: 'Disconnect' }).click();
  await shows('This is the last way to sign in to your account.');
  expect(await inspect(walk.page, 'connected-accounts')).toEqual([]);
  await press('Cancel');
  await follow('Your data');
  walk.app.clock.advanceSeconds(60 * 60);
  await press('Delete my account');
  await press('Delete for good');
  await shows('Sign in again, and you come back to this page.');
  await press('Sign in again');
  await heading('Sign in again');
  await press('Continue with Corp');
  await heading('Your data');
  await press('Delete my account');
  await press('Delete for good');
  await heading('Sign in');
});

it('asks for the second factor of the account after it', async () => {
  const tokens = await registerConfirmed(walk.app);
  const user = await addApp(walk.app, tokens);
  arrive({ email: tokens.user.email });
  await goto('/account/sign-in');
  await press('Continue with Corp');
  await heading('Confirm that it is you');
  await fill('Code', codeOf(user, walk.app));
  await press('Continue');
  await heading('Profile');
  expect(walk.page.url()).toBe(`${publicUrl}/account`);
});

it('says why a sign-in with another service failed, and leaves nothing in the address bar', async () => {
  arrive();
  upstream.declines = true;
  await goto('/account/sign-in');
  await press('Continue with Corp');
  await shows('The other service did not confirm who you are.');
  upstream.declines = false;
  expect(walk.page.url()).toBe(`${publicUrl}/account/sign-in`);
});

it('connects an account at another service, and disconnects it', async () => {
  const { user } = await registerConfirmed(walk.app);
  const email = arrive();
  await signIn(user.email);
  await heading('Profile');
  await follow('Security');
  await press('Connect Corp');
  await shows(email);
  expect(walk.page.url()).toBe(`${publicUrl}/account/security`);
  await press('Disconnect');
  await dialog('Disconnect Corp?').getByRole('button', { name: 'Disconnect' }).click();
  await walk.page.getByText(email).first().waitFor({ state: 'detached' });
});

describe('@pawl/client in bearer mode, at another origin', () => {
  const here = () => `${frontend.origin}/?mode=bearer&url=${encodeURIComponent(publicUrl)}`;

  /** Goes to the provider and back, as docs/frontends.md says. Returns what came back in the address. */
  async function goToProvider(): Promise<URLSearchParams> {
    const page = await openTab(walk.context, here());
    await page.evaluate(`pawl.provider('corp', { returnTo: location.href }).then(({ url, verifier }) => {
      sessionStorage.setItem('verifier', verifier);
      location.assign(url);
    })`);
    await page.waitForURL(({ search }) => /[?&](code|error)=/.test(search));
    await page.waitForFunction('document.title === "ready"');
    tab = page;
    return new URL(page.url()).searchParams;
  }
  let tab: Awaited<ReturnType<typeof openTab>>;
  const exchange = (code: string | null) =>
    tab.evaluate<string>(
      `pawl.signIn({ code: ${JSON.stringify(code)}, verifier: sessionStorage.getItem('verifier') }).then(
        ({ next, session }) => next ?? session.user.email, (error) => error.code)`,
    );

  it('comes back with a code that works once and only with its verifier, and then has a session', async () => {
    const email = arrive();
    const returned = await goToProvider();
    expect([...returned.keys()].sort()).toEqual(['code', 'mode', 'url']);
    const verifier = await tab.evaluate<string>(`sessionStorage.getItem('verifier')`);
    await tab.evaluate(`sessionStorage.setItem('verifier', ${JSON.stringify('x'.repeat(verifier.length))})`);
    expect(await exchange(returned.get('code'))).toBe('exchange_code_invalid');

    const again = await goToProvider();
    expect(await exchange(again.get('code'))).toBe(email);
    expect(await tab.evaluate(`pawl.api.GET('/auth/me').then(({ data }) => data.email)`)).toBe(email);
    expect(await exchange(again.get('code'))).toBe('exchange_code_invalid');
    await tab.goto(here());
    expect(await tab.evaluate('pawl.session().then(({ user }) => user.email)')).toBe(email);
  });

  it('is asked for the second factor of the account, and says why a sign-in failed', async () => {
    const tokens = await registerConfirmed(walk.app);
    const user = await addApp(walk.app, tokens);
    arrive({ email: tokens.user.email });
    const returned = await goToProvider();
    const next = await tab.evaluate<{ next: string; challenge: string }>(
      `pawl.signIn({ code: ${JSON.stringify(returned.get('code'))}, verifier: sessionStorage.getItem('verifier') })`,
    );
    expect(next).toMatchObject({ next: 'second_factor', factors: ['totp', 'recovery_code'] });
    const step = { challenge: next.challenge, code: codeOf(user, walk.app) };
    expect(await tab.evaluate(`pawl.signIn(${JSON.stringify(step)}).then(({ session }) => session.user.email)`)).toBe(
      tokens.user.email,
    );

    // The provider remembers a visitor who did not decline.
    await walk.open();
    upstream.declines = true;
    expect((await goToProvider()).get('error')).toBe('provider_denied');
    upstream.declines = false;
  });
});
