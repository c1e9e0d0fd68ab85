import { goodPassword, login, register } from '../../support/http.js';
import { until } from '../../support/until.js';
import { setUpWalk } from './walk.js';

const walk = setUpWalk();
const newPassword = 'another horse, another battery';
/** More than any page has stops. */
const maxStops = 60;

interface Focused {
  name: string;
  /** The parts of the page that it is in. */
  within: string[];
  hasOutline: boolean;
}

const focused = () =>
  walk.page.evaluate<Focused>(`(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return {
      name: (element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText).trim(),
      within: ['nav', 'main', 'dialog', '.rows'].filter((part) => element.closest(part)),
      hasOutline: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
    };
  })()`);

/** Presses Tab until the focus is there, and sees the focus at each stop. */
async function tabTo(name: string, within: string): Promise<void> {
  const seen: string[] = [];
  for (let stop = 0; stop < maxStops; stop++) {
    await walk.page.keyboard.press('Tab');
    const at = await focused();
    seen.push(at.name);
    // Between the last stop and the first, the focus is in the browser's own bars.
    if (at.within.length > 0) expect(at).toMatchObject({ hasOutline: true });
    if (at.name === name && at.within.includes(within)) return;
  }
  throw new Error(`Tab does not lead to ${name}, but to ${seen.join(', ')}`);
}

const enter = () => walk.page.keyboard.press('Enter');
const type = (text: string) => walk.page.keyboard.type(text);

async function signIn(email: string): Promise<void> {
  await walk.goto('/account/sign-in');
  await walk.heading('Sign in');
  expect((await focused()).name).toBe('Email');
  await type(email);
  await tabTo('Password', 'main');
  await type(goodPassword);
  await enter();
  await walk.heading('Profile');
}

async function open(page: string): Promise<void> {
  await tabTo(page, 'nav');
  await enter();
  await walk.heading(page);
  await walk.loaded();
}

it('signs in, signs another device out, and signs out, by keyboard alone', async () => {
  const { user } = await register(walk.app);
  await login(walk.app, user.email);
  await signIn(user.email);
  await open('Devices');
  const rows = walk.page.locator('.rows > li');
  await rows.nth(2).waitFor();
  await tabTo('Sign out', '.rows');
  await enter();
  await rows.nth(2).waitFor({ state: 'detached' });
  await tabTo('Sign out', 'nav');
  await enter();
  await walk.heading('Sign in');
});

it('confirms again in a dialog by keyboard alone: the focus stays in it, and comes back after Escape', async () => {
  const { user } = await register(walk.app);
  await signIn(user.email);
  walk.app.clock.advanceSeconds(20 * 60);
  await open('Security');
  await tabTo('Current password', 'main');
  await type(goodPassword);
  await tabTo('New password', 'main');
  await type(newPassword);
  await tabTo('Change password', 'main');
  await enter();
  const dialog = walk.dialog('Confirm that it is you');
  await dialog.getByLabel('Password').waitFor();
  await until(async () => (await focused()).name === 'Password');
  expect(await focused()).toMatchObject({ within: ['dialog'] });
  for (let stop = 0; stop < 8; stop++) {
    await walk.page.keyboard.press('Tab');
    const { within } = await focused();
    expect(within).not.toContain('main');
    expect(within).not.toContain('nav');
  }
  await walk.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await focused()).toMatchObject({ name: 'Change password', within: ['main'] });
  // The call that waited has ended: until then the button does nothing.
  await walk.page.locator('button[aria-busy=true]').waitFor({ state: 'detached' });
  await enter();
  await until(async () => (await focused()).name === 'Password');
  await type(goodPassword);
  await enter();
  await walk.shows('Your password is changed.');
});
