import { Env } from './env.js';

/**
 * What is not set though another setting asks for it, or does not go with another. Judged on the settings as given, so
 * that these faults are named together with those of single values.
 */
export function faultsTogether(given: NodeJS.ProcessEnv): string[] {
  const has = (name: keyof typeof Env.shape) => given[name] !== undefined;
  const production = given.NODE_ENV === 'production';
  const pooled = Env.shape.DATABASE_POOLED.safeParse(given.DATABASE_POOLED).data === true;
  const idleTtlSeconds = Env.shape.REFRESH_IDLE_TTL.safeParse(given.REFRESH_IDLE_TTL).data;
  const graceSeconds = Env.shape.REFRESH_GRACE.safeParse(given.REFRESH_GRACE).data;
  // Within the grace time a refresh is repeated and writes nothing, so that the session would look idle.
  const idleTooSoon = idleTtlSeconds !== undefined && graceSeconds !== undefined && idleTtlSeconds <= graceSeconds;
  const verifiedOnly = Env.shape.REQUIRE_VERIFIED_EMAIL.safeParse(given.REQUIRE_VERIFIED_EMAIL).data === true;
  const noSecret = Env.shape.AUTH_SECRET.safeParse(given.AUTH_SECRET).data?.length === 0;

  const demands: readonly [wanting: boolean, fault: string][] = [
    [production && noSecret, 'AUTH_SECRET must be set in production (openssl rand -base64 48 makes one)'],
    [production && !has('DATABASE_URL'), 'DATABASE_URL must be set in production'],
    [production && !has('PUBLIC_URL'), 'PUBLIC_URL must be set in production'],
    [has('DATABASE_DIRECT_URL') && !has('DATABASE_URL'), 'DATABASE_URL must be set, since DATABASE_DIRECT_URL is'],
    [pooled && !has('DATABASE_DIRECT_URL'), 'DATABASE_DIRECT_URL must be set, since DATABASE_POOLED is on'],
    [has('ADMIN_EMAIL') && !has('ADMIN_PASSWORD'), 'ADMIN_PASSWORD must be set, since ADMIN_EMAIL is'],
    [has('ADMIN_PASSWORD') && !has('ADMIN_EMAIL'), 'ADMIN_EMAIL must be set, since ADMIN_PASSWORD is'],
    [has('SMTP_URL') && !has('MAIL_FROM'), 'MAIL_FROM must be set, since SMTP_URL is'],
    [
      production && verifiedOnly && !has('SMTP_URL'),
      'SMTP_URL must be set in production, since REQUIRE_VERIFIED_EMAIL is on',
    ],
    [idleTooSoon, 'REFRESH_IDLE_TTL must be longer than REFRESH_GRACE'],
  ];
  return demands.filter(([wanting]) => wanting).map(([, fault]) => fault);
}
