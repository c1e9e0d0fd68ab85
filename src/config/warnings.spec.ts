import { loadConfig } from './config.js';
import { settingWarnings } from './warnings.js';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://h/d',
  PUBLIC_URL: 'https://auth.example.com',
  SMTP_URL: 'smtp://mail.example.com',
  MAIL_FROM: 'no-reply@example.com',
};
const warningsOf = (env: NodeJS.ProcessEnv) => settingWarnings(loadConfig({ AUTH_SECRET: 'x'.repeat(32), ...env }));

it('there is no warning about the defaults, nor about a complete production', () => {
  expect(warningsOf({})).toEqual([]);
  expect(warningsOf(production)).toEqual([]);
});

it('a production without SMTP_URL is warned that no email is sent, a development service is not', () => {
  const { SMTP_URL: _, MAIL_FROM: _from, ...withoutMail } = production;
  expect(warningsOf(withoutMail)).toEqual([
    'SMTP_URL is not set: no email is sent, so users cannot confirm an address or reset a password.',
  ]);
  expect(warningsOf({ ...withoutMail, NODE_ENV: 'development' })).toEqual([]);
});

it.each([
  [{ REFRESH_RECOVER: 'off' }, /^REFRESH_RECOVER=off: /],
  [{ REFRESH_GRACE: '0s' }, /^REFRESH_GRACE=0s: /],
  [{ PUBLIC_URL: 'http://auth.example.com' }, /^PUBLIC_URL is not https: /],
  [{ RATE_LIMITS: 'off' }, /^Wrong passwords are not limited /],
  [{ LIMIT_ADDRESS_FAILURES: 'off' }, /^Wrong passwords are not limited /],
  [{ COOKIE_SAMESITE: 'none' }, /^COOKIE_SAMESITE=none: /],
])('%j is warned about', (env, warning) => {
  expect(warningsOf({ ...production, ...env })).toEqual([expect.stringMatching(warning)]);
});
