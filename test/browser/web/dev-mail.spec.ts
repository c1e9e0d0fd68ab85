import { mailsTo } from '../../mail/mailbox.js';
import { newEmail, register } from '../../support/http.js';
import { startAppForTest } from '../../support/per-test.js';
import { launchChromium } from '../chromium.js';
import { inspect } from './tour.js';
import { startVisit } from './visit.js';

it('shows an email during development as it will look', async () => {
  const app = await startAppForTest();
  const email = newEmail();
  await register(app, { email });
  const [mail] = await mailsTo(app, email);
  const id = /^<([0-9a-f-]{36})@/.exec(mail!.messageId)![1]!;
  const browser = await launchChromium();
  const { page, complaints, close } = await startVisit(browser, { viewport: { width: 360, height: 740 } });
  await page.goto(`${app.url}/dev/mail/${id}`);
  const link = page.frameLocator('iframe').getByRole('link').first();
  await link.waitFor();
  // The padding of the button: the styles of the email apply.
  expect((await link.boundingBox())!.height).toBeGreaterThan(36);
  expect(await inspect(page, 'dev-mail')).toEqual([]);
  await close();
  await browser.close();
  // The sandboxed frame has no origin, which Chromium cannot key by origin.
  expect(complaints.filter((text) => !text.includes('Origin-Agent-Cluster'))).toEqual([]);
});
