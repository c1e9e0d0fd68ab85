import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectStatus, newEmail, register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('the address of the service, opened in a browser', () => {
  const linksOf = (page: string) => [...page.matchAll(/href="([^"]+)"/g)].map(([, link = '']) => link);

  it('says what it is, with links that work', async () => {
    const response = await call(app, 'GET', '/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.body).toContain('Pawl is running');
    const links = linksOf(response.body as string).filter((link) => !link.startsWith('data:'));
    expect(links).toEqual(expect.arrayContaining(['docs', 'dev/mail', 'health/ready']));
    for (const link of links) expect((await call(app, 'GET', `/${link}`)).status).toBe(200);
  });

  it('speaks Korean to a browser that does, with the same links', async () => {
    const korean = await call(app, 'GET', '/', { headers: { 'Accept-Language': 'ko-KR,ko;q=0.9,en;q=0.8' } });
    const english = await call(app, 'GET', '/', { headers: { 'Accept-Language': 'fr,en;q=0.8' } });
    expect(korean.body).toContain('<html lang="ko">');
    expect(korean.body).toContain('Pawl이 실행 중입니다');
    expect(korean.body).not.toMatch(/Your account|to get an admin/i);
    expect(english.body).toContain('<html lang="en">');
    expect(linksOf(korean.body as string)).toHaveLength(linksOf(english.body as string).length);
    expect(new Set(linksOf(korean.body as string))).toEqual(new Set(linksOf(english.body as string)));
  });

  it('leads a browser in production on to the account, and nobody where there are no pages', async () => {
    const open = async (env: Record<string, string>) => {
      const { url } = await startAppForTest({ env: { NODE_ENV: 'production', ...env } });
      const response = await fetch(url, { redirect: 'manual', headers: { Accept: 'text/html' } });
      return [response.status, response.headers.get('location')];
    };
    expect(await open({})).toEqual([302, 'account']);
    expect(await open({ PAGES: 'off' })).toEqual([200, null]);
  });

  it('mentions nothing that is not there', async () => {
    const production = await startAppForTest({ env: { NODE_ENV: 'production', DOCS: 'off' } });
    const links = linksOf((await call(production, 'GET', '/')).body as string).filter(
      (link) => !link.startsWith('data:'),
    );
    expect(links.filter((link) => link.startsWith('docs') || link.startsWith('dev'))).toEqual([]);
    for (const link of links) expect((await call(production, 'GET', `/${link}`)).status).toBe(200);
  });
});

describe('Swagger UI', () => {
  /** Runs the page's own script, with a Swagger UI that notes what it is given. */
  async function openSwaggerUi() {
    const script = await expectStatus(call(app, 'GET', '/docs/swagger-ui-init.js'), 200);
    const authorized: [scheme: string, token: string][] = [];
    let given: { responseInterceptor: (response: object) => object } | undefined;
    const swagger = (options: typeof given) => {
      given = options;
      return {
        preauthorizeApiKey: (scheme: string, token: string) => void authorized.push([scheme, token]),
        initOAuth() {},
      };
    };
    const page: Record<string, unknown> = { SwaggerUIBundle: Object.assign(swagger, { presets: {}, plugins: {} }) };
    page.SwaggerUIStandalonePreset = {};
    page.window = page;
    page.location = new URL(`${app.url}/docs`);
    page.document = { readyState: 'complete', querySelector: () => null, getElementById: () => null };
    runInNewContext(script as string, page);
    (page.onload as (() => void) | undefined)?.();
    return { authorized, intercept: given!.responseInterceptor };
  }

  it('sends the access token of a sign-in with every later call', async () => {
    const { authorized, intercept } = await openSwaggerUi();
    const { access_token } = await register(app);
    const response = { url: `${app.url}/auth/login`, ok: true, obj: { access_token } };
    expect(intercept(response)).toBe(response);
    expect(authorized).toEqual([['bearer', access_token]]);
  });

  it('takes no token from anything else', async () => {
    const { authorized, intercept } = await openSwaggerUi();
    intercept({ url: `${app.url}/oauth/token`, ok: true, obj: { access_token: 'x' } });
    intercept({ url: `${app.url}/auth/login`, ok: false, obj: { code: 'invalid_credentials' } });
    intercept({ url: `${app.url}/auth/logout`, ok: true });
    expect(authorized).toEqual([]);
  });

  it('offers the password of the tour in the README, so that one address has one password', async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const document = await expectStatus(call(app, 'GET', '/docs-json'), 200);
    const { email, password } = document.components.schemas.Login.properties;
    expect(readme).toContain(`{"email": "${email.example}", "password": "${password.example}"}`);
  });
});

describe('an origin that may not call the service', () => {
  const ask = (on: TestApp, origin: string) =>
    rawCall(on, {
      method: 'OPTIONS',
      path: '/auth/login',
      headers: [
        ['Origin', origin],
        ['Access-Control-Request-Method', 'POST'],
      ],
    });

  async function logOf(env: NodeJS.ProcessEnv, ...origins: string[]): Promise<string[]> {
    const log = recordingDestination();
    const service = await startAppForTest({ env: { LOG_LEVEL: 'warn', ...env }, logDestination: log });
    for (const origin of origins) await ask(service, origin.replace('OWN', service.url));
    await call(service, 'POST', '/auth/login', { body: { email: newEmail(), password: 'x' } });
    return log.lines
      .filter((line) => line.includes('CORS_ORIGINS'))
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  }

  it('is logged once in development, with the setting to change', async () => {
    const page = 'http://localhost:5173';
    expect(await logOf({ CORS_ORIGINS: 'https://app.example' }, page, page, 'https://app.example')).toEqual([
      `A page at ${page} may not call this service. To allow it, set CORS_ORIGINS=https://app.example,${page}`,
    ]);
    expect(await logOf({}, page)).toHaveLength(1);
  });

  it('of an app or an extension is logged too', async () => {
    for (const page of ['capacitor://localhost', 'safari-web-extension://E5F3A1B0-6C1D-4E52-9A77-0123456789AB']) {
      expect(await logOf({}, page)).toEqual([expect.stringContaining(`set CORS_ORIGINS=${page}`)]);
      // What the log says is enough.
      expect(await logOf({ CORS_ORIGINS: page }, page)).toEqual([]);
    }
  });

  it('is not logged if it is our own, not an origin, or in production', async () => {
    expect(await logOf({}, 'OWN', 'http://localhost:3000', 'null', 'x'.repeat(100))).toEqual([]);
    expect(await logOf({ NODE_ENV: 'production' }, 'http://localhost:5173')).toEqual([]);
  });

  it('cannot fill the log', async () => {
    const origins = Array.from({ length: 30 }, (_, i) => `http://localhost:${5000 + i}`);
    expect(await logOf({}, ...origins)).toHaveLength(20);
  });
});
