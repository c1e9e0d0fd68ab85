import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config.js';

const secret = 'a secret of some forty characters or more';

/** The faults that stop the start, one per line of the message. Empty if the settings are right. */
function faultsOf(settings: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig({ AUTH_SECRET: secret, ...settings });
    return [];
  } catch (error) {
    const [heading, ...faults] = (error as Error).message.split('\n');
    expect(heading).toBe('These settings are wrong (docs/configuration.md explains them):');
    return faults.map((fault) => fault.trim());
  }
}

const load = (settings: NodeJS.ProcessEnv) => loadConfig({ AUTH_SECRET: secret, ...settings });

describe('a start with wrong settings', () => {
  it('names what production needs together with every bad value', () => {
    const settings = {
      NODE_ENV: 'production',
      AUTH_SECRET: undefined,
      PORT: 'abc',
      REFRESH_GRACE: '30',
      DOCS: 'maybe',
    };
    expect(faultsOf(settings)).toEqual([
      'PORT must be a whole number from 0 to 65535',
      'REFRESH_GRACE must be a number and a unit, such as 10s, 15m, 12h or 30d',
      'DOCS must be on or off',
      'AUTH_SECRET must be set in production (openssl rand -base64 48 makes one)',
      'DATABASE_URL must be set in production',
      'PUBLIC_URL must be set in production',
    ]);
  });

  it.each([
    [
      { DATABASE_POOLED: 'on', DATABASE_URL: 'postgres://h/d' },
      ['DATABASE_DIRECT_URL must be set, since DATABASE_POOLED is on'],
    ],
    [{ DATABASE_DIRECT_URL: 'postgres://h/d' }, ['DATABASE_URL must be set, since DATABASE_DIRECT_URL is']],
    [{ ADMIN_EMAIL: 'admin@example.com' }, ['ADMIN_PASSWORD must be set, since ADMIN_EMAIL is']],
    [{ REFRESH_IDLE_TTL: '30s' }, ['REFRESH_IDLE_TTL must be longer than REFRESH_GRACE']],
    [{ ADMIN_PASSWORD: 'x' }, ['ADMIN_EMAIL must be set, since ADMIN_PASSWORD is']],
    [
      { NODE_ENV: 'production', DATABASE_URL: 'mysql://h/d', PUBLIC_URL: 'https://h' },
      [expect.stringMatching(/^DATABASE_URL must be a URL/)],
    ],
    [
      { NODE_ENV: 'production', AUTH_SECRET: ' , ', DATABASE_URL: 'postgres://h/d', PUBLIC_URL: 'https://h' },
      [expect.stringMatching(/^AUTH_SECRET must be set/)],
    ],
  ])('names a setting that another one requires or forbids: %j', (settings, faults) => {
    expect(faultsOf(settings)).toEqual(faults);
  });

  it.each([
    ['NODE_ENV', 'prod'],
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['PORT', '0x10'],
    ['PUBLIC_URL', 'auth.example.com'],
    ['PUBLIC_URL', 'ftp://auth.example.com'],
    ['PUBLIC_URL', 'https://user:hunter2@auth.example.com'],
    ['PUBLIC_URL', 'https://auth.example.com/?hunter2'],
    ['DATABASE_URL', 'mysql://user:hunter2@host/name'],
    ['DATABASE_URL', 'hunter2'],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_START_TIMEOUT', 'hunter2'],
    ['AUTH_SECRET', 'hunter2'],
    ['AUTH_SECRET', `${secret},hunter2`],
    ['AUTH_SECRET', `${secret},${secret}`],
    ['ACCESS_TOKEN_TTL', '0s'],
    ['ACCESS_TOKEN_TTL', '2d'],
    ['REFRESH_IDLE_TTL', '0s'],
    ['SESSION_TTL', '99999d'],
    ['REFRESH_GRACE', '11m'],
    ['REFRESH_RECOVER', 'hunter2'],
    ['MAX_SESSIONS_PER_USER', '-1'],
    ['REGISTRATION', 'hunter2'],
    ['ROLES', 'Editor'],
    ['CORS_ORIGINS', 'https://app.example.com/path'],
    ['CORS_ORIGINS', 'https://*.example.com'],
    ['CORS_ORIGINS', 'https://app.example.com, null'],
    ['CORS_ORIGINS', '*'],
    ['COOKIE_PREFIX', 'two words'],
    ['COOKIE_PREFIX', 'pawl;'],
    ['COOKIE_PREFIX', 'a'.repeat(33)],
    ['COOKIE_SAMESITE', 'hunter2'],
    ['TRUST_PROXY', 'hunter2'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/8/8'],
    ['TRUST_PROXY', '10.0.0.0/8, proxy.example.com'],
    ['PASSWORD_MIN_LENGTH', '7'],
    ['RATE_LIMITS', 'hunter2'],
    ['LIMIT_ACCOUNT_FAILURES', '0/1d'],
    ['LIMIT_ACCOUNT_FAILURES', '5'],
    ['LIMIT_ACCOUNT_MAX_DELAY', '0s'],
    ['LIMIT_ADDRESS_FAILURES', '100/8d'],
    ['LIMIT_REGISTER', '10/1h/1m'],
    ['LIMIT_FORGOT', '-1/1h'],
    ['LIMIT_RESEND', '1/0s'],
    ['LIMIT_REFRESH', 'hunter2'],
    ['REDIS_URL', 'http://user:hunter2@host'],
    ['PASSWORD_HIBP', 'hunter2'],
    ['PASSWORD_HIBP_URL', 'ftp://hunter2'],
    ['PASSWORD_CONCURRENCY', '0'],
    ['ARGON2_MEMORY_KIB', '1023'],
    ['ARGON2_PASSES', '0'],
    ['ARGON2_LANES', '65'],
    ['LOG_LEVEL', 'hunter2'],
  ])('names %s=%s once, without the value', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name} must (be|have|list|not have) `))]);
    for (const shown of ['hunter2', secret, ...(value.length > 4 ? [value] : [])])
      expect(faults[0]).not.toContain(shown);
  });
});

describe('the settings', () => {
  it('treat an empty value as not set', () => {
    const { port, database, trustProxy } = load({ PORT: '', DATABASE_URL: '', TRUST_PROXY: '' });
    expect([port, database.url, trustProxy]).toEqual([3000, undefined, false]);
  });

  it.each([
    ['https://example.com', true],
    ['https://auth.example.com', true],
    ['https://evilexample.com', false],
    ['https://example.com.evil.example', false],
    ['https://com', false],
    [undefined, false],
  ])('take PASSKEY_DOMAIN=example.com at PUBLIC_URL=%s: %s (attack: the passkeys of another domain)', (url, fits) => {
    const fault = 'PASSKEY_DOMAIN must be the host of PUBLIC_URL or a domain above it, and PUBLIC_URL must be set';
    expect(faultsOf({ PUBLIC_URL: url, PASSKEY_DOMAIN: 'example.com' })).toEqual(fits ? [] : [fault]);
  });

  it('are frozen', () => {
    const config = load({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.values(config.passwords).every(Object.isFrozen)).toBe(true);
  });

  it('listen on this machine only, except in production', () => {
    expect(load({}).host).toBe('127.0.0.1');
    const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://h/d', PUBLIC_URL: 'https://h' };
    expect(load(production).host).toBe('0.0.0.0');
    expect(load({ ...production, HOST: '::1' }).host).toBe('::1');
  });

  it('derive issuer, audience and origin from PUBLIC_URL, without its trailing slash', () => {
    const config = load({ PUBLIC_URL: 'https://example.com:8443/auth/' });
    expect(config.publicUrl).toBe('https://example.com:8443/auth');
    expect(config.origin).toBe('https://example.com:8443');
    expect(config.accessToken).toEqual({ issuer: config.publicUrl, audience: config.publicUrl, ttlSeconds: 900 });
    expect(load({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080');
  });

  it('read durations in seconds', () => {
    expect(load({ REFRESH_GRACE: '0s', REFRESH_IDLE_TTL: '12h' }).sessions).toMatchObject({
      graceSeconds: 0,
      idleTtlSeconds: 43_200,
      ttlSeconds: 15_552_000,
    });
  });

  it('read limits, separately or all off', () => {
    const { limits } = load({ LIMIT_REGISTER: '10/2h', LIMIT_REFRESH: 'off' });
    expect(limits.register).toEqual({ count: 10, windowSeconds: 7200 });
    expect(limits.refresh).toBeUndefined();
    const { limits: off } = load({ RATE_LIMITS: 'off', LIMIT_REGISTER: '10/2h' });
    expect([off.register, off.accountFailures, off.addressFailures]).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    [undefined, false],
    ['0', 0],
    ['2', 2],
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.0/8, fd00::/8', ['10.0.0.0/8', 'fd00::/8']],
  ])('read TRUST_PROXY=%s as %j', (text, trusted) => {
    expect(load({ TRUST_PROXY: text }).trustProxy).toEqual(trusted);
  });

  it('read lists, and keep the order of AUTH_SECRET', () => {
    const older = `${secret} (old)`;
    const config = load({
      AUTH_SECRET: `${secret}, ${older}`,
      CORS_ORIGINS: 'https://a.example,http://localhost:5173',
    });
    expect(config.authSecrets).toEqual([secret, older]);
    expect(config.corsOrigins).toEqual(['https://a.example', 'http://localhost:5173']);
    expect(load({ ROLES: 'editor, admin' }).roles).toEqual(['user', 'admin', 'editor']);
  });

  it('generate an AUTH_SECRET outside production only', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pawl-config-'));
    const [drawn] = loadConfig({ DATA_DIR: dataDir }).authSecrets;
    expect(loadConfig({ DATA_DIR: dataDir }).authSecrets).toEqual([drawn]);
    rmSync(dataDir, { recursive: true });
  });
});
