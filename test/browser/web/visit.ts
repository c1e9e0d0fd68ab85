import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onComplaint } from '../complaints.js';

export interface Visit {
  page: Page;
  /** What the browser complains of, except the responses of 4xx, which it names itself. */
  complaints: string[];
  close: () => Promise<void>;
}

/** A browser of its own, as a person opens it. */
export async function startVisit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 }, ...options });
  // Nearly as long as a test may take: no page depends on how fast the machine is, and the failure says what was waited for.
  context.setDefaultTimeout(4 * 60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  onComplaint(page, (complaint) => {
    if (!/status of 4\d\d/.test(complaint)) complaints.push(complaint);
  });
  return { page, complaints, close: () => context.close() };
}

/** The windows that every page is looked at in. */
export const windows = [
  ['desktop-light', {}],
  ['desktop-dark', { colorScheme: 'dark' }],
  ['phone-light', { viewport: { width: 360, height: 740 } }],
  ['phone-dark-korean', { viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'ko-KR' }],
] as const satisfies readonly (readonly [name: string, options: BrowserContextOptions])[];
