import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/config.js';
import { CONFIG } from '../../src/config/config.module.js';
import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, newEmail, register } from '../support/http.js';

const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://h/d', PUBLIC_URL: 'https://auth.example.com' };
const server = { SMTP_URL: 'smtp://user:hunter2@mail.example.com', MAIL_FROM: 'no-reply@example.com' };

const load = (settings: NodeJS.ProcessEnv) => loadConfig({ AUTH_SECRET: testSecret, ...settings });

/** The faults that stop the start, one per line as in the message. Empty if the settings are right. */
function faultsOf(settings: NodeJS.ProcessEnv): string[] {
  try {
    load(settings);
    return [];
  } catch (error) {
    const [, ...faults] = (error as Error).message.split('\n');
    return faults.map((fault) => fault.trim());
  }
}

describe('a start with wrong settings for emails', () => {
  it.each([
    'hunter2',
    'mail.example.com:25',
    'http://user:hunter2@mail.example.com',
    'smtp:',
    'smtp://',
    'smtp:///hunter2',
    '//user:hunter2@mail.example.com',
    'lmtp://user:hunter2@mail.example.com',
    'sendmail://hunter2',
  ])('names SMTP_URL=%s, without the value', (SMTP_URL) => {
    const faults = faultsOf({ ...server, SMTP_URL });
    expect(faults).toEqual(['SMTP_URL must be a URL such as smtps://user:password@smtp.example.com']);
    expect(faults.join()).not.toContain('hunter2');
  });

  it.each([
    ['no address', 'Pawl'],
    ['an address without a domain', 'pawl@'],
    ['an address without a name', '@example.com'],
    ['two addresses', 'a@example.com, b@example.com'],
    ['two addresses with names', 'A <a@example.com>, B <b@example.com>'],
    ['a comma outside of quotation marks', 'Pawl, Inc. <a@example.com>'],
    ['a quotation mark that is not closed', 'Pawl "Accounts <a@example.com>'],
    ['two addresses, one with a name', 'b@example.com, Pawl <a@example.com>'],
    ['a group of addresses', 'hunter2:a@example.com;'],
    ['a second address before a semicolon', 'hunter2;a@example.com'],
    ['two addresses in one pair of brackets', 'A <a@example.com,b@example.com>'],
    ['an address that is not closed', 'Pawl <a@example.com'],
    ['something after the address', 'Pawl <a@example.com> hunter2'],
    ['another header', 'a@example.com\r\nBcc: hunter2@example.com'],
    ['another header, in the name', 'Pawl\r\nBcc: hunter2@example.com <a@example.com>'],
    ['a line feed in the name', 'Pawl\nAccounts <a@example.com>'],
    ['a line feed at its end', 'a@example.com\n'],
    ['a carriage return in the address', 'Pawl <a@example.com\rx>'],
    ['a null byte', 'Pawl\u0000 <a@example.com>'],
    ['a next line', 'Pawl\u0085 <a@example.com>'],
  ])('names a MAIL_FROM that has %s, without the value', (_, MAIL_FROM) => {
    expect(faultsOf({ ...server, MAIL_FROM })).toEqual(['MAIL_FROM must be such as Pawl <no-reply@example.com>']);
  });

  it('names MAIL_FROM if there is a mail server: emails from a made-up address are treated as spam', () => {
    for (const MAIL_FROM of [undefined, '']) {
      expect(faultsOf({ ...server, MAIL_FROM })).toEqual(['MAIL_FROM must be set, since SMTP_URL is']);
    }
  });

  it.each(['on', 'true'])(
    'names SMTP_URL in production with REQUIRE_VERIFIED_EMAIL=%s: nobody could ever sign in',
    (on) => {
      const settings = { ...production, REQUIRE_VERIFIED_EMAIL: on };
      expect(faultsOf(settings)).toEqual(['SMTP_URL must be set in production, since REQUIRE_VERIFIED_EMAIL is on']);
      expect(faultsOf({ ...settings, ...server })).toEqual([]);
      expect(faultsOf({ REQUIRE_VERIFIED_EMAIL: on })).toEqual([]);
      expect(faultsOf({ ...production, REQUIRE_VERIFIED_EMAIL: 'off' })).toEqual([]);
    },
  );

  it.each([
    'app.example.com',
    'javascript:hunter2',
    'https://user:hunter2@app.example.com',
    'https://app.example.com/#',
  ])('names FRONTEND_URL=%s, without the value: no link in an email leads to a wrong place', (FRONTEND_URL) => {
    const faults = faultsOf({ FRONTEND_URL });
    expect(faults).toEqual([expect.stringMatching(/^FRONTEND_URL must be an http or https URL/)]);
    expect(faults.join()).not.toContain(FRONTEND_URL);
    expect(faultsOf({ BRAND_URL: FRONTEND_URL })).toEqual([
      expect.stringMatching(/^BRAND_URL must be an http or https URL/),
    ]);
  });
});

describe('the settings for emails', () => {
  it.each(['smtp://localhost:1025', 'smtps://user:p%40ss@mail.example.com', 'smtp://h:587?requireTLS=true'])(
    'take %s for a mail server, and then write no files',
    (SMTP_URL) => {
      expect(load({ ...server, SMTP_URL }).mail).toMatchObject({ smtpUrl: SMTP_URL, folder: undefined });
    },
  );

  it.each(['a@example.com', 'Pawl <a@example.com>', '"Pawl, Inc." <a@example.com>', '한국 <a@xn--3e0b707e>'])(
    'take %s for a sender',
    (MAIL_FROM) => {
      expect(load({ ...server, MAIL_FROM }).mail.from).toBe(MAIL_FROM);
    },
  );

  it('name a folder for emails if there is no mail server, except in production', () => {
    expect(load({ DATA_DIR: '/srv/data' }).mail.folder).toBe('/srv/data/mail');
    expect(load({ DATA_DIR: '/srv/data', NODE_ENV: 'test' }).mail.folder).toBe('/srv/data/mail');
    expect(load({ ...production, DATA_DIR: '/srv/data' }).mail.folder).toBeUndefined();
  });

  it('lead the pages back to BRAND_URL, or else to FRONTEND_URL', () => {
    const urls = { FRONTEND_URL: 'https://app.example.com', BRAND_URL: 'https://www.example.com/' };
    expect(load(urls).brand.url).toBe('https://www.example.com');
    expect(load({ FRONTEND_URL: urls.FRONTEND_URL }).brand.url).toBe('https://app.example.com');
    expect(load({}).brand.url).toBeUndefined();
  });

  it('take FRONTEND_URL without its trailing slash', () => {
    expect(load({ FRONTEND_URL: 'https://app.example.com/login/' }).frontendUrl).toBe('https://app.example.com/login');
    expect(load({}).frontendUrl).toBeUndefined();
  });
});

describe('a production without a mail server', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ env: { NODE_ENV: 'production' } });
  });
  afterAll(() => app.close());

  it('responds 501 to requests that need an email, for every address', async () => {
    const { user, access_token } = await register(app);
    for (const email of [user.email, newEmail()]) {
      for (const path of ['/auth/password/forgot', '/auth/email/resend']) {
        await expectProblem(call(app, 'POST', path, { body: { email } }), 501, 'mail_not_configured');
      }
    }
    const body = { email: newEmail(), password: goodPassword };
    const change = await expectProblem(
      call(app, 'POST', '/auth/email', { token: access_token, body }),
      501,
      'mail_not_configured',
    );
    expect(JSON.stringify(change.body)).not.toContain('SMTP_URL');
  });

  it('still registers, changes passwords, signs in and deletes accounts', async () => {
    const { user, access_token } = await register(app);
    const [changed, body] = [
      `${goodPassword} 2`,
      { current_password: goodPassword, new_password: `${goodPassword} 2` },
    ];
    await expectStatus(call(app, 'POST', '/auth/password', { token: access_token, body }), 200);
    const again = await login(app, user.email, changed);
    await expectStatus(
      call(app, 'POST', '/auth/me/delete', { token: again.access_token, body: { password: changed } }),
      204,
    );
  });

  it('stores no email, neither in the database nor on disk', async () => {
    const { user, access_token } = await register(app);
    const body = { current_password: goodPassword, new_password: `${goodPassword} 2` };
    await expectStatus(call(app, 'POST', '/auth/password', { token: access_token, body }), 200);
    await call(app, 'POST', '/auth/password/forgot', { body: { email: user.email } });
    expect(await app.db.query('SELECT letter FROM mail_outbox')).toEqual([]);
    const { dataDir } = app.nest.get<Config>(CONFIG, { strict: false });
    expect(await readdir(join(dataDir, 'mail')).catch(() => [])).toEqual([]);
  });
});
