import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { developmentSecret } from './development-secret.js';
import { Env } from './env.js';
import { InvalidConfiguration } from './invalid-configuration.js';
import { faultsTogether } from './settings-together.js';

export type Config = ReturnType<typeof loadConfig>;

/** The variables of the process, with those of a `.env` file in the working directory beneath them. */
export function readEnvironment(processEnv: NodeJS.ProcessEnv, envFile = '.env'): NodeJS.ProcessEnv {
  return existsSync(envFile) ? { ...parseEnv(readFileSync(envFile, 'utf8')), ...processEnv } : processEnv;
}

/** Reads, checks and freezes the settings; an empty value counts as not set. Throws one InvalidConfiguration for all faults. */
export function loadConfig(environment: NodeJS.ProcessEnv) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const { data: env, error } = Env.safeParse(given);
  const faults = [
    ...(error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`),
    ...faultsTogether(given),
  ];
  if (!env || faults.length > 0) throw new InvalidConfiguration(faults);

  const production = env.NODE_ENV === 'production';
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  const dataDir = resolve(env.DATA_DIR);
  return Object.freeze({
    production,
    port: env.PORT,
    host: env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    /** The issuer, without trailing slash. */
    publicUrl,
    /** Scheme, host and port of `publicUrl`: what "our origin" means everywhere. */
    origin: new URL(publicUrl).origin,
    dataDir,
    database: Object.freeze({
      /** Undefined: run the embedded PostgreSQL in `dataDir`. */
      url: env.DATABASE_URL,
      /** Goes past a pooler; for migrations and for what needs a connection of its own. */
      directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
      /** Behind a pooler in transaction mode: no named statements, no start-up options. */
      pooled: env.DATABASE_POOLED,
      poolSize: env.DATABASE_POOL_SIZE,
      startTimeoutSeconds: env.DATABASE_START_TIMEOUT,
    }),
    /** The first value signs, all verify. */
    authSecrets: env.AUTH_SECRET.length > 0 ? env.AUTH_SECRET : [developmentSecret(dataDir)],
    keys: Object.freeze({
      /** Of the keys that are made from now on; each key keeps its own. */
      algorithm: env.JWT_ALGORITHM,
      rotationSeconds: env.KEY_ROTATION,
      /** How long others may keep the JWKS; a new key is published at least so long before it signs. */
      jwksMaxAgeSeconds: env.JWKS_MAX_AGE,
    }),
    /** True: a protected request is refused while neither the revocation feed nor the database can be asked. */
    revocationStrict: env.REVOCATION_STRICT,
    accessToken: Object.freeze({
      issuer: publicUrl,
      audience: env.JWT_AUDIENCE ?? publicUrl,
      ttlSeconds: env.ACCESS_TOKEN_TTL,
    }),
    sessions: Object.freeze({
      idleTtlSeconds: env.REFRESH_IDLE_TTL,
      ttlSeconds: env.SESSION_TTL,
      graceSeconds: env.REFRESH_GRACE,
      recover: env.REFRESH_RECOVER,
      maxPerUser: env.MAX_SESSIONS_PER_USER,
    }),
    registrationOpen: env.REGISTRATION === 'open',
    /** Every role a user can have; `user` is the one a registration gives. */
    roles: Object.freeze([...new Set(['user', 'admin', ...env.ROLES])]),
    corsOrigins: env.CORS_ORIGINS,
    cookieSameSite: env.COOKIE_SAMESITE,
    trustProxy: env.TRUST_PROXY,
    firstAdmin:
      env.ADMIN_EMAIL && env.ADMIN_PASSWORD
        ? Object.freeze({ email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD })
        : undefined,
    passwords: Object.freeze({
      minLength: env.PASSWORD_MIN_LENGTH,
      /** Common passwords beside those that ship with the service, one a line. */
      listFile: env.PASSWORD_LIST_FILE,
      /** Have I Been Pwned's range API, or one like it; undefined: it is not asked. */
      hibpUrl: env.PASSWORD_HIBP ? env.PASSWORD_HIBP_URL : undefined,
      concurrency: env.PASSWORD_CONCURRENCY,
      argon2: Object.freeze({ memoryKib: env.ARGON2_MEMORY_KIB, passes: env.ARGON2_PASSES, lanes: env.ARGON2_LANES }),
    }),
    limits: Object.freeze(limitsOf(env)),
    /** Counts limits for all instances; undefined: PostgreSQL does. */
    redisUrl: env.REDIS_URL,
    mail: Object.freeze({
      /** Holds the password: never log it. */
      smtpUrl: env.SMTP_URL,
      /** Where mails land as files while there is no SMTP_URL; undefined in production, where none are written then. */
      folder: production || env.SMTP_URL !== undefined ? undefined : join(dataDir, 'mail'),
      from: env.MAIL_FROM ?? 'Pawl <no-reply@localhost>',
    }),
    /** The frontend that the links in mails lead to, without trailing slash; undefined: to Pawl's own pages. */
    frontendUrl: env.FRONTEND_URL,
    requireVerifiedEmail: env.REQUIRE_VERIFIED_EMAIL,
    /** How long an audit event is kept at least. */
    auditRetentionSeconds: env.AUDIT_RETENTION,
    docs: env.DOCS,
    /** Any of them opens the metrics and the details of readiness. */
    metricsTokens: Object.freeze(env.METRICS_TOKEN),
    logLevel: env.LOG_LEVEL,
  });
}

/** An undefined quota is no limit. */
function limitsOf(env: z.infer<typeof Env>) {
  const ifOn = <Setting>(setting: Setting) => (env.RATE_LIMITS ? setting : undefined);
  return {
    /** Wrong passwords of one account, before each further one costs a wait. */
    accountFailures: ifOn(env.LIMIT_ACCOUNT_FAILURES),
    accountMaxDelaySeconds: env.LIMIT_ACCOUNT_MAX_DELAY,
    /** Wrong passwords from one address. */
    addressFailures: ifOn(env.LIMIT_ADDRESS_FAILURES),
    register: ifOn(env.LIMIT_REGISTER),
    forgot: ifOn(env.LIMIT_FORGOT),
    resend: ifOn(env.LIMIT_RESEND),
    /** For each instance by itself. */
    refresh: ifOn(env.LIMIT_REFRESH),
  };
}
