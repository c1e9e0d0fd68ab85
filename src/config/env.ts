import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { parseDurationSeconds } from './duration.js';

const duration = (fallback: string, bounds: { atLeast?: string; atMost?: string } = {}) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const seconds = parseDurationSeconds(text);
      if (seconds === undefined) {
        context.addIssue('must be a number and a unit, such as 10s, 15m, 12h or 30d');
        return z.NEVER;
      }
      if (bounds.atLeast && seconds < parseDurationSeconds(bounds.atLeast)!) {
        context.addIssue(`must be at least ${bounds.atLeast}`);
      }
      if (bounds.atMost && seconds > parseDurationSeconds(bounds.atMost)!) {
        context.addIssue(`must be at most ${bounds.atMost}`);
      }
      return seconds;
    });

const whole = (fallback: number, least: number, most: number) =>
  z
    .string()
    .default(String(fallback))
    .refine(
      (text) => /^\d{1,9}$/.test(text) && least <= Number(text) && Number(text) <= most,
      `must be a whole number from ${least} to ${most}`,
    )
    .transform(Number);

const onOff = (fallback: 'on' | 'off') =>
  z
    .enum(['on', 'off', 'true', 'false'], 'must be on or off')
    .default(fallback)
    .transform((text) => text === 'on' || text === 'true');

/** `COUNT/WINDOW`, or off. */
const quota = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      if (text === 'off') return undefined;
      const [count = '', window = '', ...rest] = text.split('/');
      const windowSeconds = parseDurationSeconds(window) ?? 0;
      if (rest.length > 0 || !/^[1-9]\d{0,8}$/.test(count) || windowSeconds < 1 || windowSeconds > maxWindowSeconds) {
        context.addIssue('must be a number and a window of up to 7d, such as 100/15m, or off');
        return z.NEVER;
      }
      return { count: Number(count), windowSeconds };
    });

const maxWindowSeconds = 7 * 86_400;

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  );

const asHttpUrl = (text: z.ZodType<string, string | undefined>) =>
  text
    .refine(
      (url) => /^https?:\/\/[^?#@\s]+$/.test(url) && URL.canParse(url),
      'must be an http or https URL without query, fragment or user',
    )
    .transform((url) => url.replace(/\/+$/, ''));

const httpUrl = asHttpUrl(z.string());

const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must be a URL such as postgresql://user:password@host/name',
});

const mailboxAddress = String.raw`[^\s<>@,;:()"\\]+@[^\s<>@,;:()"\\]+`;
const mailboxName = String.raw`(?:"[^"\\\p{C}]+" *|[^"\\<>@,;:\p{C}]+)`;

/** An address, or `Name <address>`: one, and nothing that could begin another header. */
const mailbox = z
  .string()
  .regex(
    new RegExp(`^(?:${mailboxName}<${mailboxAddress}>|${mailboxAddress})$`, 'u'),
    'must be such as Pawl <no-reply@example.com>',
  );

const origins = list.refine(
  (items) => items.every((item) => URL.canParse(item) && new URL(item).origin === item),
  'must list origins such as https://app.example.com, without path',
);

const trustProxy = z
  .string()
  .optional()
  .transform((text, context) => {
    if (text === undefined) return false;
    if (/^\d{1,2}$/.test(text)) return Number(text);
    const addresses = text.split(',').map((item) => item.trim());
    if (addresses.every(isAddressOrCidr)) return addresses;
    context.addIssue('must be a number of proxies, or a list of addresses and CIDR ranges');
    return z.NEVER;
  });

function isAddressOrCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** Of each value of a secret that may have several. */
export const minSecretCharacters = 32;

const secrets = list
  .refine(
    (values) => values.every((value) => value.length >= minSecretCharacters),
    `must have at least ${minSecretCharacters} characters in each value`,
  )
  .refine((values) => new Set(values).size === values.length, 'must not have the same value twice');

const roleName = /^[a-z][a-z0-9_-]{0,63}$/;

/**
 * The settings as the environment spells them, each judged by itself (settings-together.ts judges them together).
 * docs/configuration.md explains each, and a test holds the two against each other.
 */
export const Env = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'], 'must be development, production or test')
    .default('development'),
  PORT: whole(3000, 0, 65535),
  HOST: z.string().optional(),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  DATABASE_POOLED: onOff('off'),
  DATABASE_POOL_SIZE: whole(10, 1, 200),
  DATABASE_START_TIMEOUT: duration('60s', { atMost: '1d' }),
  DATA_DIR: z.string().default('.data'),
  AUTH_SECRET: secrets,
  JWT_ALGORITHM: z.enum(['ES256', 'RS256', 'PS256', 'HS256'], 'must be ES256, RS256, PS256 or HS256').default('ES256'),
  JWT_AUDIENCE: z.string().optional(),
  KEY_ROTATION: duration('30d', { atLeast: '1s', atMost: '3650d' }),
  JWKS_MAX_AGE: duration('5m', { atLeast: '1s', atMost: '1d' }),
  ACCESS_TOKEN_TTL: duration('15m', { atLeast: '1s', atMost: '1d' }),
  REVOCATION_STRICT: onOff('off'),
  REFRESH_IDLE_TTL: duration('30d', { atLeast: '1s', atMost: '3650d' }),
  SESSION_TTL: duration('180d', { atLeast: '1s', atMost: '3650d' }),
  REFRESH_GRACE: duration('30s', { atMost: '10m' }),
  REFRESH_RECOVER: onOff('on'),
  MAX_SESSIONS_PER_USER: whole(100, 1, 10_000),
  REGISTRATION: z.enum(['open', 'closed'], 'must be open or closed').default('open'),
  ROLES: list.refine(
    (names) => names.every((name) => roleName.test(name)),
    'must list lower-case names, such as editor,support',
  ),
  CORS_ORIGINS: origins,
  COOKIE_SAMESITE: z.enum(['lax', 'strict', 'none'], 'must be lax, strict or none').default('lax'),
  TRUST_PROXY: trustProxy,
  ADMIN_EMAIL: z.string().optional(),
  ADMIN_PASSWORD: z.string().optional(),
  PASSWORD_MIN_LENGTH: whole(8, 8, 64),
  PASSWORD_LIST_FILE: z.string().optional(),
  PASSWORD_HIBP: onOff('off'),
  PASSWORD_HIBP_URL: asHttpUrl(z.string().default('https://api.pwnedpasswords.com/range')),
  PASSWORD_CONCURRENCY: whole(Math.max(1, availableParallelism() - 1), 1, 128),
  ARGON2_MEMORY_KIB: whole(19_456, 1024, 4 * 1024 * 1024),
  ARGON2_PASSES: whole(2, 1, 64),
  ARGON2_LANES: whole(1, 1, 64),
  RATE_LIMITS: onOff('on'),
  LIMIT_ACCOUNT_FAILURES: quota('5/1d'),
  LIMIT_ACCOUNT_MAX_DELAY: duration('15m', { atLeast: '1s', atMost: '1d' }),
  LIMIT_ADDRESS_FAILURES: quota('100/15m'),
  LIMIT_REGISTER: quota('60/1h'),
  LIMIT_FORGOT: quota('30/1h'),
  LIMIT_RESEND: quota('30/1h'),
  LIMIT_REFRESH: quota('1200/1m'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a URL such as redis://host:6379' }).optional(),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, hostname: /./, error: 'must be a URL such as smtps://user:password@smtp.example.com' })
    .optional(),
  MAIL_FROM: mailbox.optional(),
  FRONTEND_URL: httpUrl.optional(),
  REQUIRE_VERIFIED_EMAIL: onOff('off'),
  AUDIT_RETENTION: duration('400d', { atLeast: '180d', atMost: '3650d' }),
  DOCS: onOff('on'),
  METRICS_TOKEN: secrets.refine(
    (values) => values.every((value) => /^[\x21-\x7e]*$/.test(value)),
    'must be of letters, digits and signs without spaces: it is sent in a header',
  ),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be trace, debug, info, warn, error, fatal or silent',
    )
    .default('info'),
});
