import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { goodPassword, newEmail, register } from '../support/http.js';
import { evilHost, launchChromium } from './chromium.js';
import type { PageServer } from './page-server.js';
import { startPageServer } from './page-server.js';

let frontend: PageServer;
let hostile: PageServer;
let browser: Browser;

beforeAll(async () => {
  [frontend, hostile] = [await startPageServer(), await startPageServer()];
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await frontend.close();
  await hostile.close();
});

/**
 * SameSite keeps the cookies out of most requests that another site can send. With `none` they come with every request, and
 * only the service's own check protects the user. A page on another port of localhost is on the same site, where SameSite
 * has no effect either.
 */
describe.each([
  ['another site', evilHost, 'lax'],
  ['another site', evilHost, 'none'],
  ['another origin of the same site', 'localhost', 'lax'],
])('a hostile page on %s (%s), with COOKIE_SAMESITE=%s', (_, host, sameSite) => {
  let app: TestApp;
  let context: BrowserContext;
  let ours: Page;
  let theirs: Page;
  let victim: Tokens;
  let attacker: Tokens;

  beforeAll(async () => {
    app = await startApp({
      env: { CORS_ORIGINS: `http://localhost:${frontend.port}`, COOKIE_SAMESITE: sameSite },
    });
  });
  afterAll(() => app.close());

  beforeEach(async () => {
    [victim, attacker] = [await register(app, { email: newEmail() }), await register(app, { email: newEmail() })];
    context = await browser.newContext();
    ours = await open(`http://localhost:${frontend.port}/frontend`);
    await signInVictim();
    theirs = await open(`http://${host}:${hostile.port}/hostile`);
  });
  afterEach(async () => {
    await expectNothingDone();
    await context.close();
  });

  const service = () => `http://localhost:${new URL(app.url).port}`;

  async function open(address: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${address}?service=${encodeURIComponent(service())}`);
    return page;
  }

  const send = (method: string, path: string, body?: unknown) =>
    ours.evaluate<{ status: number; body: Record<string, unknown> }>(
      `send(${JSON.stringify(method)}, ${JSON.stringify(path)}, ${JSON.stringify(body)})`,
    );

  async function signInVictim(): Promise<void> {
    const body = { email: victim.user.email, password: goodPassword, delivery: 'cookie' };
    expect(await send('POST', '/auth/login', body)).toMatchObject({ status: 200 });
    expect(await send('POST', '/notes', { title: 'mine' })).toMatchObject({ status: 201 });
  }

  const run = (call: string) => theirs.evaluate(call);

  const signInAsAttacker = () =>
    JSON.stringify({ email: attacker.user.email, password: goodPassword, delivery: 'cookie' });

  /** The victim is still signed in, as the victim, by the same session, with the same note; nobody else gained one. */
  async function expectNothingDone(): Promise<void> {
    expect(await send('GET', '/auth/me')).toMatchObject({ status: 200, body: { id: victim.user.id } });
    expect(await send('GET', '/notes')).toMatchObject({ status: 200, body: { notes: [{ title: 'mine' }] } });
    const notes = await app.db.query('SELECT title FROM notes WHERE user_id = ANY($1)', [
      [victim.user.id, attacker.user.id],
    ]);
    expect(notes).toEqual([{ title: 'mine' }]);
    const sessions = await app.db.query(
      'SELECT generation, revoked_at FROM sessions WHERE user_id = ANY($1) ORDER BY id',
      [[victim.user.id, attacker.user.id]],
    );
    // One session of each registration and one of the victim's browser. No other was added, refreshed or ended.
    expect(sessions).toEqual(Array.from({ length: 3 }, () => ({ generation: 0, revoked_at: null })));
    expect(await send('POST', '/auth/refresh')).toMatchObject({ status: 200 });
  }

  const encodings = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];

  /** With text/plain, a field's name and value make a body that is JSON. */
  const attacks: [path: string, fields: () => Record<string, string>][] = [
    ['/notes', () => ({ '{"title":"theirs","body":"': '"}' })],
    ['/auth/logout', () => ({})],
    ['/auth/logout-all', () => ({})],
    ['/auth/refresh', () => ({})],
    ['/auth/login', () => ({ [signInAsAttacker().replace('}', ',"x":"')]: '"}' })],
  ];

  it('posts forms into its own window: nothing happens', async () => {
    for (const [path, fields] of attacks) {
      for (const encoding of encodings) {
        const navigated = theirs.waitForURL(`${service()}${path}`);
        await run(`postForm(${JSON.stringify(path)}, '${encoding}', ${JSON.stringify(fields())})`);
        await navigated;
        await theirs.goBack();
      }
    }
  });

  it('posts forms into a hidden frame: nothing happens', async () => {
    for (const [path, fields] of attacks) {
      for (const encoding of encodings) {
        const form = `postFormHidden(${JSON.stringify(path)}, '${encoding}', ${JSON.stringify(fields())})`;
        expect(await run(form)).toBe('answered');
      }
    }
  });

  it('fetches with credentials: it can neither act nor read', async () => {
    const { notes } = (await send('GET', '/notes')).body as { notes: { id: string }[] };
    const note = `/notes/${notes[0]!.id}`;
    const paths = ['/notes', note, '/auth/me', '/auth/logout', '/auth/logout-all', '/auth/refresh'];
    for (const method of ['POST', 'PATCH', 'DELETE', 'GET']) {
      for (const path of paths) {
        for (const type of [undefined, 'text/plain', 'application/json']) {
          const headers = type && { 'Content-Type': type };
          const body = type && method !== 'GET' ? JSON.stringify({ title: 'theirs' }) : undefined;
          const options = JSON.stringify({ method, body, headers });
          expect(await run(`attempt('${path}', ${options})`)).toEqual({ error: 'TypeError' });
        }
      }
    }
  });

  it('fetches without CORS, which needs no preflight: nothing happens, and the response is not readable', async () => {
    for (const path of ['/notes', '/auth/logout', '/auth/logout-all', '/auth/refresh', '/auth/login', '/auth/me']) {
      for (const options of [{ method: 'POST', body: signInAsAttacker() }, { method: 'POST' }, { method: 'GET' }]) {
        const outcome = await run(`attempt('${path}', ${JSON.stringify({ ...options, mode: 'no-cors' })})`);
        expect([{ error: 'TypeError' }, { type: 'opaque', body: '' }]).toContainEqual(outcome);
      }
    }
  });

  it('cannot sign the victim in to its own account by fetch', async () => {
    for (const type of ['application/json', 'text/plain']) {
      const options = JSON.stringify({ method: 'POST', body: signInAsAttacker(), headers: { 'Content-Type': type } });
      expect(await run(`attempt('/auth/login', ${options})`)).toEqual({ error: 'TypeError' });
    }
  });

  it('loads images from everywhere: nothing happens', async () => {
    for (const path of ['/auth/logout', '/auth/logout-all', '/auth/refresh', '/notes', '/auth/me']) {
      expect(await run(`loadImage('${path}')`)).toBe('failed');
    }
  });

  it('cannot put Swagger UI into a frame', async () => {
    const refused = theirs.waitForEvent('console', (message) => /frame-ancestors|X-Frame-Options/.test(message.text()));
    await run(`document.body.append(Object.assign(document.createElement('iframe'), { src: '${service()}/docs' }))`);
    await refused;
    expect(theirs.frames().map((frame) => frame.url())).not.toContain(`${service()}/docs`);
  });

  it('cannot read the cookies, not even on the same site', async () => {
    expect(await run('document.cookie')).toBe('');
  });
});

describe('a hostile page and a victim who is not signed in', () => {
  it('cannot sign the victim in, by form or by fetch', async () => {
    const app = await startApp({ env: { COOKIE_SAMESITE: 'none' } });
    try {
      const attacker = await register(app, { email: newEmail() });
      const service = `http://localhost:${new URL(app.url).port}`;
      const body = JSON.stringify({ email: attacker.user.email, password: goodPassword, delivery: 'cookie' });
      const context = await browser.newContext();
      const page = await context.newPage();
      for (const host of [evilHost, 'localhost']) {
        await page.goto(`http://${host}:${hostile.port}/hostile?service=${encodeURIComponent(service)}`);
        for (const mode of ['cors', 'no-cors']) {
          for (const type of ['application/json', 'text/plain']) {
            await page.evaluate(
              `attempt('/auth/login', ${JSON.stringify({ method: 'POST', mode, body, headers: { 'Content-Type': type } })})`,
            );
          }
        }
        const navigated = page.waitForURL(`${service}/auth/login`);
        await page.evaluate(
          `postForm('/auth/login', 'text/plain', ${JSON.stringify({ [body.replace('}', ',"x":"')]: '"}' })})`,
        );
        await navigated;
        expect(await context.cookies()).toEqual([]);
      }
      const sessions = await app.db.query('SELECT id FROM sessions WHERE user_id = $1', [attacker.user.id]);
      expect(sessions).toHaveLength(1);
      await context.close();
    } finally {
      await app.close();
    }
  });
});
