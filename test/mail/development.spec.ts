import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../../src/common/ids.js';
import { proxyHeaders } from '../../src/common/loopback.js';
import type { Config } from '../../src/config/config.js';
import { CONFIG } from '../../src/config/config.module.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall, rawSocket } from '../support/raw-http.js';
import { mailsTo, sendMails, tokenIn } from './mailbox.js';

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await startApp();
  folder = app.nest.get<Config>(CONFIG, { strict: false }).mail.folder!;
});
afterAll(() => app.close());

/** A page as a browser on this machine sees it. */
async function page(path: string): Promise<string> {
  return expectStatus(call(app, 'GET', path), 200);
}

/** A user whose email was sent, and the email's id. */
async function userWithMail(): Promise<{ email: string; id: string; token: string }> {
  const email = newEmail();
  await register(app, { email });
  const [mail] = await mailsTo(app, email);
  return { email, id: /^<([0-9a-f-]{36})@/.exec(mail!.messageId)![1]!, token: tokenIn(mail) };
}

/** The raw response to a request that names another host than the service's own. */
function getUnderName(service: TestApp, path: string, host: string): Promise<string> {
  return rawSocket(service, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
}

describe('the folder of emails', () => {
  it('has two files for each, readable only by the user that runs the service: links in them open accounts', async () => {
    const { email, id } = await userWithMail();
    const file = join(folder, `${id}.eml`);
    for (const name of [`${id}.eml`, `${id}.json`]) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readFile(file, 'utf8')).toContain(`To: ${email}`);
    // No file is incomplete.
    expect((await readdir(folder)).filter((name) => !/\.(eml|json)$/.test(name))).toEqual([]);
  });
});

describe('/dev/mail', () => {
  it('says that there are no emails yet', async () => {
    const own = await startAppForTest();
    expect((await call(own, 'GET', '/dev/mail')).body).toContain('No emails yet');
  });

  it('lists the emails, newest first', async () => {
    const [first, second] = [await userWithMail(), await userWithMail()];
    const list = await page('/dev/mail');
    const places = [second.email, first.email].map((email) => list.indexOf(email));
    expect(places[0]).toBeGreaterThan(0);
    expect(places[1]).toBeGreaterThan(places[0]!);
    expect(list).toContain(`<a href="mail/${first.id}">Confirm your email address for localhost:3000</a>`);
  });

  it('speaks Korean to a browser that does', async () => {
    const { id } = await userWithMail();
    const headers = { 'Accept-Language': 'ko-KR,ko;q=0.9' };
    const inKorean = async (path: string): Promise<string> =>
      expectStatus(call(app, 'GET', path, { headers }), 200) as Promise<string>;
    const [list, shown] = [await inKorean('/dev/mail'), await inKorean(`/dev/mail/${id}`)];
    for (const each of [list, shown]) expect(each).toContain('<html lang="ko">');
    expect(list).toContain('<h1>이메일</h1>');
    expect(shown).toContain('받는 사람: ');
    expect(list + shown).not.toMatch(/>(Emails|All emails|Source|As text)<|>To /);
  });

  it('shows the text of an email, with a link that works', async () => {
    const { email, id, token } = await userWithMail();
    const shown = await page(`/dev/mail/${id}`);
    const link = `http://localhost:3000/account/verify-email#token=${token}`;
    expect(shown).toContain(`<a href="${link}">${link}</a>`);
    expect(shown).toContain(email);
    await expectStatus(call(app, 'POST', '/auth/email/verify', { body: { token, password: goodPassword } }), 204);
  });

  it('shows the HTML of an email in a frame that can run and load nothing', async () => {
    const { id, token } = await userWithMail();
    expect(await page(`/dev/mail/${id}`)).toContain(`src="${id}/html" sandbox></iframe>`);
    const { status, headers, body } = await call(app, 'GET', `/dev/mail/${id}/html`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(body).toContain(`/account/verify-email#token=${token}"`);
    const policy = headers.get('content-security-policy')!.split(';');
    expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "frame-ancestors 'self'", 'sandbox']));
    expect(policy.join()).not.toMatch(/script-src|https?:/);
    await expectProblem(call(app, 'GET', `/dev/mail/${newId()}/html`), 404, 'not_found');
    await expectProblem(
      call(app, 'GET', `/dev/mail/${id}/html`, { headers: { 'x-forwarded-for': '203.0.113.7' } }),
      404,
      'not_found',
    );
  });

  it('shows the source of an email as plain text', async () => {
    const { id } = await userWithMail();
    const response = await call(app, 'GET', `/dev/mail/${id}/source`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.body).toBe(await readFile(join(folder, `${id}.eml`), 'utf8'));
  });

  it('shows markup in an email as text', async () => {
    const id = newId();
    await mkdir(folder, { recursive: true });
    const hostile = '<script>alert(1)</script>"\'&';
    const text = `${hostile} https://example.com/"onclick="alert(1) <img src=x>`;
    const stored = { to: '"<b>"@example.com', subject: hostile, text, sentAt: '<b>' };
    await writeFile(join(folder, `${id}.json`), JSON.stringify(stored));
    for (const path of ['/dev/mail', `/dev/mail/${id}`]) {
      const shown = await page(path);
      expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(shown).not.toMatch(/<script|<img|<b>|"onclick|alert\(1\)<\/script>/i);
    }
  });

  it('loads nothing from, and sends nothing to, another origin', async () => {
    const { id } = await userWithMail();
    for (const path of ['/dev/mail', `/dev/mail/${id}`, `/dev/mail/${id}/source`]) {
      const policy = (await call(app, 'GET', path)).headers.get('content-security-policy')!;
      const directives = new Map(
        policy.split(';').map((directive) => {
          const [name, ...sources] = directive.trim().split(/\s+/);
          return [name, sources] as const;
        }),
      );
      for (const name of ['default-src', 'base-uri', 'form-action', 'frame-ancestors']) {
        expect(directives.get(name)).toEqual(["'none'"]);
      }
      expect(directives.get('script-src')).toEqual(["'self'"]);
      expect(new Set([...directives.values()].flat())).toEqual(
        new Set(["'none'", "'self'", "'unsafe-inline'", 'data:']),
      );
    }
  });

  it('forbids caching of pages with links that open accounts', async () => {
    const { id } = await userWithMail();
    for (const path of ['/dev/mail', `/dev/mail/${id}`, `/dev/mail/${id}/source`]) {
      expect((await call(app, 'GET', path)).headers.get('cache-control')).toContain('no-store');
    }
  });

  it('answers 404 for an unknown email', async () => {
    await userWithMail();
    for (const path of [newId(), `${newId()}/source`, 'x', 'x/source', '1.eml']) {
      await expectProblem(call(app, 'GET', `/dev/mail/${path}`), 404, 'not_found');
    }
  });

  it.each([
    '..%2f..%2f..%2f..%2fetc%2fpasswd',
    '%2e%2e%2fdevelopment-secret',
    '../../../../etc/passwd',
    '..%5c..%5cetc%5cpasswd',
    '%2fetc%2fpasswd%00',
    '%252e%252e%252fetc%252fpasswd',
    '..%2foutside',
    '00000000-0000-0000-0000-000000000000%2f..%2f..%2foutside',
    '00000000-0000-0000-0000-000000000000%00',
  ])('reads no file outside of its folder (path traversal by %s)', async (path) => {
    await userWithMail();
    await writeFile(join(folder, '..', 'outside.eml'), 'Subject: outside\r\n\r\noutside\r\n');
    await writeFile(join(folder, '..', 'outside.json'), JSON.stringify({ subject: 'outside', text: 'outside' }));
    for (const suffix of ['', '/source']) {
      const response = await rawCall(app, { path: `/dev/mail/${path}${suffix}` });
      expect([400, 404]).toContain(response.status);
      expect(JSON.stringify(response.body)).not.toMatch(/root:|outside|Subject/);
    }
  });
});

describe('the emails of a development service', () => {
  const paths = (id: string) => ['/dev/mail', `/dev/mail/${id}`, `/dev/mail/${id}/source`];

  it.each(proxyHeaders)('are hidden behind a proxy (%s)', async (header) => {
    const { id } = await userWithMail();
    for (const path of paths(id)) {
      const headers = { [header]: 'for=127.0.0.1' };
      await expectProblem(call(app, 'GET', path, { headers }), 404, 'not_found');
    }
  });

  it.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example#localhost',
    'localhost@evil.example',
    '192.168.0.7:3000',
    '0.0.0.0:3000',
    '[::1].evil.example',
  ])('are hidden from a page whose name was rebound to this address (DNS rebinding as %s)', async (host) => {
    const { id, email } = await userWithMail();
    for (const path of paths(id)) {
      const response = await getUnderName(app, path, host);
      expect(response).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(response).not.toContain(email);
    }
  });

  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:3000', '127.1.2.3', '[::1]:3000'])(
    'are shown to this machine under the name %s',
    async (host) => {
      const { email } = await userWithMail();
      const response = await getUnderName(app, '/dev/mail', host);
      expect(response).toMatch(/^HTTP\/1\.1 200 /);
      expect(response).toContain(email);
    },
  );

  it.each([
    ['under a public name, where a proxy may not say for whom it asks', { PUBLIC_URL: 'https://auth.example.com' }],
    ['in production', { NODE_ENV: 'production' }],
    ['with a mail server', { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'no-reply@example.com' }],
  ])('are hidden %s', async (_, env) => {
    const { id } = await userWithMail();
    // The same database and folder, so the emails are there.
    const other = await startAppForTest({ env, database: app.db });
    for (const path of paths(id)) await expectProblem(call(other, 'GET', path), 404, 'not_found');
  });

  it('are not part of the API document', async () => {
    const document = await expectStatus(call(app, 'GET', '/docs-json'), 200);
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/dev'))).toEqual([]);
  });
});

it('stores no files if there is a mail server', async () => {
  const own = await startAppForTest({ env: { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'no-reply@example.com' } });
  await register(own);
  await sendMails(own);
  const { dataDir } = own.nest.get<Config>(CONFIG, { strict: false });
  await expect(readdir(join(dataDir, 'mail'))).rejects.toMatchObject({ code: 'ENOENT' });
});
