import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { developmentSecret } from './development-secret.js';
import type { Env } from './env.js';
import { parseSettings } from './env.js';
import { readProviders } from './providers.js';
import { hintsAtPooler } from './setting-types.js';

export type Config = ReturnType<typeof loadConfig>;

/** Reads, checks and freezes the settings. Throws one InvalidConfiguration for all faults together. */
export function loadConfig(environment: NodeJS.ProcessEnv) {
  const env = parseSettings(environment);
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
    /** How long requests are still served, while readiness is 503, before a shutdown closes the port. */
    shutdownDelaySeconds: production ? env.SHUTDOWN_DELAY : 0,
    dataDir,
    database: Object.freeze({
      /** Undefined: run the embedded PostgreSQL in `dataDir`. */
      url: env.DATABASE_URL,
      /** Bypasses a pooler. For migrations, and for everything that needs a connection of its own. */
      directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
      /** Behind a pooler in transaction mode: no named statements, no start-up options. */
      pooled: env.DATABASE_POOLED || hintsAtPooler(env.DATABASE_URL),
      poolSize: env.DATABASE_POOL_SIZE,
      startTimeoutSeconds: env.DATABASE_START_TIMEOUT,
    }),
    /** The first value signs, all verify. */
    authSecrets: env.AUTH_SECRET.length > 0 ? env.AUTH_SECRET : [developmentSecret(dataDir)],
    keys: Object.freeze({
      /** For keys that are created from now on. Each existing key keeps its own. */
      algorithm: env.JWT_ALGORITHM,
      rotationSeconds: env.KEY_ROTATION,
      /** How long others may cache the JWKS. A new key is published at least this long before it signs. */
      jwksMaxAgeSeconds: env.JWKS_MAX_AGE,
    }),
    /** True: protected requests are refused while neither the revocation feed nor the database is reachable. */
    revocationStrict: env.REVOCATION_STRICT,
    /** How many streams of `GET /oauth/revocations` this instance keeps open, in all and of one client. */
    revocationFeed: Object.freeze({
      streams: env.REVOCATION_STREAMS,
      streamsPerClient: env.REVOCATION_STREAMS_PER_CLIENT,
    }),
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
    /** Every role that a user can have. A registration gives `user`. */
    roles: Object.freeze([...new Set(['user', 'admin', ...env.ROLES])]),
    /** Users of these roles must have a second factor. */
    mfaRequiredRoles: Object.freeze(env.MFA_REQUIRED_ROLES),
    /** The domain that passkeys are for: their relying party id. */
    passkeyDomain: env.PASSKEY_DOMAIN ?? new URL(publicUrl).hostname,
    corsOrigins: env.CORS_ORIGINS,
    /** Part of the names of the cookies. */
    cookiePrefix: env.COOKIE_PREFIX,
    cookieSameSite: env.COOKIE_SAMESITE,
    trustProxy: env.TRUST_PROXY,
    firstAdmin:
      env.ADMIN_EMAIL && env.ADMIN_PASSWORD
        ? Object.freeze({ email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD })
        : undefined,
    passwords: Object.freeze({
      minLength: env.PASSWORD_MIN_LENGTH,
      /** Common passwords in addition to those that ship with the service, one per line. */
      listFile: env.PASSWORD_LIST_FILE,
      /** Have I Been Pwned's range API, or a compatible one. Undefined: not used. */
      hibpUrl: env.PASSWORD_HIBP ? env.PASSWORD_HIBP_URL : undefined,
      concurrency: env.PASSWORD_CONCURRENCY,
      argon2: Object.freeze({ memoryKib: env.ARGON2_MEMORY_KIB, passes: env.ARGON2_PASSES, lanes: env.ARGON2_LANES }),
    }),
    limits: Object.freeze(limitsOf(env)),
    /** Redis that counts the limits for all instances. Undefined: PostgreSQL counts them. */
    redisUrl: env.REDIS_URL,
    mail: Object.freeze({
      /** Contains the password: never log it. */
      smtpUrl: env.SMTP_URL,
      /** Where emails are stored as files if SMTP_URL is not set. Undefined in production, where none are stored. */
      folder: production || env.SMTP_URL !== undefined ? undefined : join(dataDir, 'mail'),
      from: env.MAIL_FROM ?? 'Pawl <no-reply@localhost>',
    }),
    /** The frontend that links in emails lead to, without trailing slash. Undefined: they lead to Pawl's own pages. */
    frontendUrl: env.FRONTEND_URL,
    /** Which pages are served: all, those of users, or none. A frontend of its own replaces them. */
    pages: env.PAGES ?? (env.FRONTEND_URL === undefined ? 'on' : 'off'),
    brand: Object.freeze({
      name: env.BRAND_NAME,
      color: env.BRAND_COLOR.toLowerCase(),
      logoFile: env.BRAND_LOGO,
      /** The app that the pages lead back to. Undefined: they lead to none. */
      url: env.BRAND_URL ?? env.FRONTEND_URL,
    }),
    requireVerifiedEmail: env.REQUIRE_VERIFIED_EMAIL,
    /** Others with which users can sign in. */
    providers: readProviders(environment).providers,
    /** Audit events are kept for at least this long. */
    auditRetentionSeconds: env.AUDIT_RETENTION,
    docs: env.DOCS,
    /** Each of them opens the metrics and the details of readiness. */
    metricsTokens: Object.freeze(env.METRICS_TOKEN),
    logLevel: env.LOG_LEVEL,
  });
}

/** An undefined quota means no limit. */
function limitsOf(env: z.infer<typeof Env>) {
  const ifOn = <Setting>(setting: Setting) => (env.RATE_LIMITS ? setting : undefined);
  return {
    /** Wrong passwords for one account, before each further one causes a delay. */
    accountFailures: ifOn(env.LIMIT_ACCOUNT_FAILURES),
    accountMaxDelaySeconds: env.LIMIT_ACCOUNT_MAX_DELAY,
    /** Wrong passwords from one address. */
    addressFailures: ifOn(env.LIMIT_ADDRESS_FAILURES),
    /** Right passwords of one account, on each instance. */
    signIns: ifOn(env.LIMIT_SIGN_INS),
    register: ifOn(env.LIMIT_REGISTER),
    forgot: ifOn(env.LIMIT_FORGOT),
    resend: ifOn(env.LIMIT_RESEND),
    /** Links for signing in. */
    link: ifOn(env.LIMIT_LINK),
    /** Challenges for a passkey. Counted by each instance separately. */
    passkeys: ifOn(env.LIMIT_PASSKEYS),
    /** Counted by each instance separately. */
    refresh: ifOn(env.LIMIT_REFRESH),
    /** Sign-ins with other providers. Counted by each instance separately. */
    providers: ifOn(env.LIMIT_PROVIDERS),
    /** Failed authentications of OAuth clients from one address. */
    clientFailures: ifOn(env.LIMIT_CLIENT_FAILURES),
    /** Changes and exports of one account. Counted by each instance separately. */
    accountChanges: ifOn(env.LIMIT_ACCOUNT_CHANGES),
  };
}
