import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { OperatorError } from '../common/operator-error.js';
import { isWithinDomain } from './domains.js';
import { origins } from './origins.js';
import { providerIds, readProviders } from './providers.js';
import {
  asHttpUrl,
  duration,
  hintsAtPooler,
  httpUrl,
  list,
  mailbox,
  onOff,
  postgresUrl,
  quota,
  secrets,
  trustProxy,
  whole,
} from './setting-types.js';

const roleName = /^[a-z][a-z0-9_-]{0,63}$/;

/**
 * The settings as the environment spells them, each checked by itself. docs/configuration.md explains each, and a test
 * compares the two.
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
  SHUTDOWN_DELAY: duration('5s', { atMost: '5m' }),
  DATA_DIR: z.string().default('.data'),
  AUTH_SECRET: secrets,
  JWT_ALGORITHM: z.enum(['ES256', 'RS256', 'PS256', 'HS256'], 'must be ES256, RS256, PS256 or HS256').default('ES256'),
  JWT_AUDIENCE: z.string().optional(),
  KEY_ROTATION: duration('30d', { atLeast: '1s', atMost: '3650d' }),
  JWKS_MAX_AGE: duration('5m', { atLeast: '1s', atMost: '1d' }),
  ACCESS_TOKEN_TTL: duration('15m', { atLeast: '1s', atMost: '1d' }),
  REVOCATION_STRICT: onOff('off'),
  REVOCATION_STREAMS: whole(10_000, 0, 1_000_000),
  REVOCATION_STREAMS_PER_CLIENT: whole(1000, 0, 1_000_000),
  REFRESH_IDLE_TTL: duration('30d', { atLeast: '1s', atMost: '3650d' }),
  SESSION_TTL: duration('180d', { atLeast: '1s', atMost: '3650d' }),
  REFRESH_GRACE: duration('30s', { atMost: '10m' }),
  REFRESH_RECOVER: onOff('on'),
  MAX_SESSIONS_PER_USER: whole(100, 1, 10_000),
  MFA_REQUIRED_ROLES: list,
  PASSKEY_DOMAIN: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, 'must be a domain such as example.com')
    .optional(),
  REGISTRATION: z.enum(['open', 'closed'], 'must be open or closed').default('open'),
  ROLES: list.refine(
    (names) => names.every((name) => roleName.test(name)),
    'must list lower-case names, such as editor,support',
  ),
  CORS_ORIGINS: origins,
  COOKIE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,32}$/, 'must be 1 to 32 letters, digits and hyphens')
    .default('pawl'),
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
  LIMIT_SIGN_INS: quota('100/1h'),
  LIMIT_REGISTER: quota('60/1h'),
  LIMIT_FORGOT: quota('30/1h'),
  LIMIT_RESEND: quota('30/1h'),
  LIMIT_LINK: quota('30/1h'),
  LIMIT_PASSKEYS: quota('600/10m'),
  LIMIT_REFRESH: quota('1200/1m'),
  LIMIT_PROVIDERS: quota('300/15m'),
  LIMIT_CLIENT_FAILURES: quota('60/10m'),
  LIMIT_ACCOUNT_CHANGES: quota('60/1h'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a URL such as redis://host:6379' }).optional(),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, hostname: /./, error: 'must be a URL such as smtps://user:password@smtp.example.com' })
    .optional(),
  MAIL_FROM: mailbox.optional(),
  FRONTEND_URL: httpUrl.optional(),
  PAGES: z.enum(['on', 'account', 'off'], 'must be on, account or off').optional(),
  BRAND_NAME: z.string().trim().max(60, 'must be at most 60 characters').default('Pawl'),
  BRAND_COLOR: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'must be a color such as #2456c8')
    .default('#2456c8'),
  BRAND_LOGO: z.string().optional(),
  BRAND_URL: httpUrl.optional(),
  REQUIRE_VERIFIED_EMAIL: onOff('off'),
  PROVIDERS: providerIds,
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

/** Stops the start. Names every wrong setting, one per line, and never shows a value: it may be a secret. */
export class InvalidConfiguration extends OperatorError {
  constructor(faults: readonly string[]) {
    const lines = [...new Set(faults)].map((fault) => `  ${fault}`);
    super(`These settings are wrong (docs/configuration.md explains them):\n${lines.join('\n')}`);
  }
}

/** Parses the settings. An empty value counts as not set. Throws one InvalidConfiguration for all faults together. */
export function parseSettings(environment: NodeJS.ProcessEnv): z.infer<typeof Env> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const { data: env, error } = Env.safeParse(given);
  const faults = [
    ...(error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`),
    ...faultsBetween(given),
    ...readProviders(given).faults,
  ];
  if (!env || faults.length > 0) throw new InvalidConfiguration(faults);
  return env;
}

/**
 * Faults between settings: one that is missing though another needs it, or that contradicts another. Reads the settings as
 * given, so that these faults are reported together with those of single values.
 */
function faultsBetween(given: NodeJS.ProcessEnv): string[] {
  const has = (name: keyof typeof Env.shape) => given[name] !== undefined;
  const production = given.NODE_ENV === 'production';
  const pooled = Env.shape.DATABASE_POOLED.safeParse(given.DATABASE_POOLED).data === true;
  const hint = hintsAtPooler(given.DATABASE_URL);
  const idleTtlSeconds = Env.shape.REFRESH_IDLE_TTL.safeParse(given.REFRESH_IDLE_TTL).data;
  const graceSeconds = Env.shape.REFRESH_GRACE.safeParse(given.REFRESH_GRACE).data;
  // Within the grace time a refresh writes nothing, so the session would look idle.
  const idleTooShort = idleTtlSeconds !== undefined && graceSeconds !== undefined && idleTtlSeconds <= graceSeconds;
  const verifiedOnly = Env.shape.REQUIRE_VERIFIED_EMAIL.safeParse(given.REQUIRE_VERIFIED_EMAIL).data === true;
  const roles = Env.shape.ROLES.safeParse(given.ROLES).data ?? [];
  const mfaRoles = Env.shape.MFA_REQUIRED_ROLES.safeParse(given.MFA_REQUIRED_ROLES).data ?? [];
  const unknownMfaRole = mfaRoles.some((role) => !['user', 'admin', ...roles].includes(role));
  const noSecret = Env.shape.AUTH_SECRET.safeParse(given.AUTH_SECRET).data?.length === 0;

  const checks: readonly [failed: boolean, fault: string][] = [
    [production && noSecret, 'AUTH_SECRET must be set in production (openssl rand -base64 48 makes one)'],
    [production && !has('DATABASE_URL'), 'DATABASE_URL must be set in production'],
    [production && !has('PUBLIC_URL'), 'PUBLIC_URL must be set in production'],
    [has('DATABASE_DIRECT_URL') && !has('DATABASE_URL'), 'DATABASE_URL must be set, since DATABASE_DIRECT_URL is'],
    [pooled && !has('DATABASE_DIRECT_URL'), 'DATABASE_DIRECT_URL must be set, since DATABASE_POOLED is on'],
    [
      hint && !pooled && !has('DATABASE_DIRECT_URL'),
      'DATABASE_DIRECT_URL must be set, since DATABASE_URL has pgbouncer=true',
    ],
    [has('ADMIN_EMAIL') && !has('ADMIN_PASSWORD'), 'ADMIN_PASSWORD must be set, since ADMIN_EMAIL is'],
    [has('ADMIN_PASSWORD') && !has('ADMIN_EMAIL'), 'ADMIN_EMAIL must be set, since ADMIN_PASSWORD is'],
    [has('SMTP_URL') && !has('MAIL_FROM'), 'MAIL_FROM must be set, since SMTP_URL is'],
    [
      production && verifiedOnly && !has('SMTP_URL'),
      'SMTP_URL must be set in production, since REQUIRE_VERIFIED_EMAIL is on',
    ],
    [unknownMfaRole, 'MFA_REQUIRED_ROLES must list roles: user, admin or names from ROLES'],
    [
      has('PASSKEY_DOMAIN') && !isHostWithin(given.PUBLIC_URL, given.PASSKEY_DOMAIN!),
      'PASSKEY_DOMAIN must be the host of PUBLIC_URL or a domain above it, and PUBLIC_URL must be set',
    ],
    [idleTooShort, 'REFRESH_IDLE_TTL must be longer than REFRESH_GRACE'],
  ];
  return checks.filter(([failed]) => failed).map(([, fault]) => fault);
}

function isHostWithin(url: string | undefined, domain: string): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  return isWithinDomain(new URL(url).hostname, domain);
}
