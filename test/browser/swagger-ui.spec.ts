import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { launchChromium } from './chromium.js';
import { onComplaint } from './complaints.js';
import { pictures } from './web/tour.js';

let app: TestApp;
let browser: Browser;
let page: Page;
/** Errors that the browser reports: refused by the policy, failed to load, thrown. */
let complaints: string[];

beforeAll(async () => {
  await mkdir(pictures, { recursive: true });
  app = await startApp();
  browser = await launchChromium();
});
beforeEach(async () => {
  complaints = [];
  page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  onComplaint(page, (complaint) => complaints.push(complaint));
  // Another name than in PUBLIC_URL: the page calls the service under the name that it was opened with.
  await page.goto(`${app.url}/docs`);
  await page.locator('.opblock').first().waitFor();
});
afterEach(async () => {
  await page.close();
  // Nothing that was clicked violates the content security policy.
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

/** Finds it by the end of its element's id: group and operation. */
const operation = (id: string) => page.locator(`.opblock[id$="-${id}"]`);

/** Opens an operation, presses Try it out and Execute, and returns what it shows then. */
async function execute(id: string): Promise<{ status: string; body: any }> {
  const block = operation(id);
  await block.locator('.opblock-summary-control').click();
  await block.getByRole('button', { name: 'Try it out' }).click();
  await block.getByRole('button', { name: 'Execute' }).click();
  const live = block.locator('.live-responses-table');
  await live.waitFor();
  const status = await live.locator('.response-col_status').last().innerText();
  const body = await live.locator('.response-col_description .microlight code').first().innerText();
  await picture(id, block);
  return { status: status.trim().slice(0, 3), body: JSON.parse(body) };
}

async function picture(name: string, of: Locator | Page): Promise<void> {
  await of.screenshot({ path: join(pictures, `swagger-ui-${name}.png`) });
}

it('shows every operation, in groups, in the order a newcomer needs them, and the browser reports no error', async () => {
  const groups = await page.locator('.opblock-tag').evaluateAll((tags) => tags.map((tag) => tag.dataset['tag']));
  expect(groups).toEqual([
    'Auth',
    'Account',
    'Factors',
    'Sessions',
    'Notes',
    'Users',
    'Admin',
    'OAuth',
    'Keys',
    'Health',
  ]);
  await picture('overview', page);
});

it('registers, signs in, writes a note and lists it, by clicking only: the page sends the token of the sign-in', async () => {
  expect(await execute('register')).toMatchObject({ status: '201' });
  const signedIn = await execute('login');
  expect(signedIn).toMatchObject({ status: '200', body: { token_type: 'Bearer' } });

  const note = await execute('createNote');
  expect(note).toMatchObject({ status: '201' });
  const list = await execute('listNotes');
  expect(list).toMatchObject({ status: '200', body: { notes: [note.body] } });
});

it('shows an example of each body and each response, including errors', async () => {
  const block = operation('refresh');
  await block.locator('.opblock-summary-control').click();
  await picture('refresh', block);
  expect(await block.locator('.opblock-section-request-body .microlight').innerText()).toContain('pwl1_');
  const responses = await block.locator('.responses-table .response .microlight code').allInnerTexts();
  expect(responses.length).toBeGreaterThanOrEqual(6);
  for (const response of responses) expect(response).not.toMatch(/"string"/);
});
