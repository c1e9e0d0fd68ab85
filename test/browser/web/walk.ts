import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { StartOptions, TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import { goodPassword } from '../../support/http.js';
import { launchChromium } from '../chromium.js';
import type { Visit } from './visit.js';
import { startVisit } from './visit.js';

/** Where pages are whose origin matters: to passkeys, and to providers that send the browser back. */
export const publicUrl = 'http://localhost:3000';

/** A service and a browser for the tests of one file. After each test, the browser must have had nothing to complain about. */
export interface Walk {
  readonly app: TestApp;
  readonly browser: Browser;
  readonly visit: Visit;
  readonly page: Page;
  readonly context: BrowserContext;
  /** Opens a new visit, instead of the one that each test begins with. */
  open: (options?: BrowserContextOptions) => Promise<void>;
  goto: (path: string) => Promise<unknown>;
  /** Opens a page, and waits until it has loaded what it shows. */
  look: (path: string) => Promise<void>;
  /** Waits until no part of the page is loading. */
  loaded: () => Promise<void>;
  heading: (name: string) => Promise<void>;
  press: (name: string) => Promise<void>;
  fill: (label: string, text: string) => Promise<void>;
  follow: (name: string) => Promise<void>;
  shows: (text: string | RegExp) => Promise<void>;
  dialog: (name?: string) => Locator;
  signIn: (email: string, password?: string) => Promise<void>;
  /** Waits until it is done: a page that is left before abandons what it has sent. */
  signOut: () => Promise<void>;
}

interface WalkOptions {
  /** Called before the service starts. */
  env?: () => Promise<StartOptions['env']> | StartOptions['env'];
}

export function setUpWalk({ env = () => ({}) }: WalkOptions = {}): Walk {
  let app: TestApp;
  let browser: Browser;
  let visit: Visit;
  beforeAll(async () => {
    app = await startApp({ env: { PUBLIC_URL: publicUrl, ...(await env()) } });
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
  });

  const walk: Walk = {
    get app() {
      return app;
    },
    get browser() {
      return browser;
    },
    get visit() {
      return visit;
    },
    get page() {
      return visit.page;
    },
    get context() {
      return visit.page.context();
    },
    open: async (options) => {
      await visit.close();
      visit = await startVisit(browser, options);
    },
    goto: (path) => visit.page.goto(publicUrl + path),
    look: async (path) => {
      await walk.goto(path);
      await visit.page.locator('h1').first().waitFor();
      await walk.loaded();
    },
    loaded: () => visit.page.locator('.spinner').first().waitFor({ state: 'detached' }),
    heading: (name) => visit.page.getByRole('heading', { name, exact: true, level: 1 }).waitFor(),
    press: (name) => visit.page.getByRole('button', { name, exact: true }).click(),
    fill: (label, text) => visit.page.getByLabel(label, { exact: true }).fill(text),
    follow: (name) => visit.page.getByRole('link', { name, exact: true }).first().click(),
    shows: (text) => visit.page.getByText(text).first().waitFor(),
    dialog: (name) => visit.page.getByRole('dialog', name === undefined ? {} : { name }),
    signIn: async (email, password = goodPassword) => {
      await walk.goto('/account/sign-in');
      await walk.fill('Email', email);
      await walk.fill('Password', password);
      await walk.press('Sign in');
    },
    signOut: async () => {
      await walk.press('Sign out');
      await walk.heading('Sign in');
    },
  };
  return walk;
}
