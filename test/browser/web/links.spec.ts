import { mailsTo } from '../../mail/mailbox.js';
import { call, expectStatus, goodPassword, newEmail, register } from '../../support/http.js';
import { inspect } from './tour.js';
import { windows } from './visit.js';
import { setUpWalk } from './walk.js';

const walk = setUpWalk();
const oneDaySeconds = 24 * 60 * 60;

interface Links {
  confirm: string;
  signIn: string;
  reset: string;
}

/** One of each kind, for an account with a long address. */
async function emailedLinks(): Promise<Links> {
  const email = `a.long.address.${newEmail()}`;
  await register(walk.app, { email });
  const linkOfNewest = async () => /http\S+#token=\S+/.exec((await mailsTo(walk.app, email)).at(-1)!.text)![0];
  const confirm = await linkOfNewest();
  await expectStatus(call(walk.app, 'POST', '/auth/link', { body: { email } }), 202);
  const signIn = await linkOfNewest();
  await expectStatus(call(walk.app, 'POST', '/auth/password/forgot', { body: { email } }), 202);
  return { confirm, signIn, reset: await linkOfNewest() };
}

async function open(link: string): Promise<void> {
  await walk.page.goto('about:blank');
  await walk.page.goto(link);
  await walk.page.locator('h1').first().waitFor();
  await walk.loaded();
}

describe('the pages that links of emails lead to: axe-core finds nothing, and nothing is wider than the window', () => {
  it.each(windows)('%s', async (name, options) => {
    await walk.open(options);
    const links = await emailedLinks();
    const findings: string[] = [];
    const inspectAs = async (state: string) => findings.push(...(await inspect(walk.page, `${name}-link-${state}`)));
    for (const [kind, link] of Object.entries(links)) {
      await open(link as string);
      await walk.page.locator('.account').waitFor();
      await inspectAs(kind);
    }
    await open(links.confirm);
    const confirm = walk.page.locator('button[type=submit]');
    await confirm.click();
    await walk.page.locator('input[type=password]').fill(goodPassword);
    await inspectAs('confirm-password');
    await confirm.click();
    await walk.page.locator('.notice.success').waitFor();
    await inspectAs('confirm-done');
    walk.app.clock.advanceSeconds(8 * oneDaySeconds);
    for (const [kind, link] of Object.entries(links)) {
      await open(link as string);
      await walk.page.locator('.notice').waitFor();
      await inspectAs(`${kind}-void`);
    }
    expect(findings).toEqual([]);
  });

  it('an incomplete link leads on to the account', async () => {
    await walk.goto('/account/verify-email');
    await walk.shows('This link is incomplete.');
    await walk.follow('Go to your account');
    await walk.heading('Sign in');
  });
});
