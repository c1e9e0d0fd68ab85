import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config.js';
import { readEnvironment } from './environment.js';

const secret = 'a secret of some forty characters or more';
const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/x', PUBLIC_URL: 'https://a.example' };
const corp = {
  PROVIDERS: 'corp',
  PROVIDER_CORP_ISSUER: 'https://login.corp.example/realms/main',
  PROVIDER_CORP_CLIENT_ID: 'pawl',
  PROVIDER_CORP_CLIENT_SECRET: 'their secret',
};
const apple = {
  PROVIDERS: 'apple',
  PROVIDER_APPLE_CLIENT_ID: 'com.example.web',
  PROVIDER_APPLE_TEAM_ID: 'TEAM123456',
  PROVIDER_APPLE_KEY_ID: 'KEY1234567',
};
const p8 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' });

const load = (settings: NodeJS.ProcessEnv) => loadConfig({ AUTH_SECRET: secret, ...settings }).providers;

function faultsOf(settings: NodeJS.ProcessEnv): string[] {
  try {
    load(settings);
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

it('there are none by default', () => {
  expect(load({})).toEqual([]);
});

it('a generic provider is OpenID Connect with the usual scopes', () => {
  expect(load(corp)).toEqual([
    expect.objectContaining({
      id: 'corp',
      name: 'corp',
      protocol: 'oidc',
      issuer: 'https://login.corp.example/realms/main',
      scopes: ['openid', 'email', 'profile'],
      trustedMfa: false,
      keepTokens: false,
      roleClaim: undefined,
    }),
  ]);
});

it('a known provider needs its client id and secret only', () => {
  const settings = { PROVIDERS: 'google', PROVIDER_GOOGLE_CLIENT_ID: 'x', PROVIDER_GOOGLE_CLIENT_SECRET: 'y' };
  expect(load(settings)).toMatchObject([{ name: 'Google', issuer: 'https://accounts.google.com' }]);
});

it('several keep the order of the list, and a hyphen is an underscore in the settings', () => {
  const settings = {
    ...corp,
    PROVIDERS: 'git-lab, corp',
    PROVIDER_GIT_LAB_ISSUER: 'https://gitlab.example',
    PROVIDER_GIT_LAB_CLIENT_ID: 'x',
    PROVIDER_GIT_LAB_CLIENT_SECRET: 'y',
    PROVIDER_GIT_LAB_SCOPES: 'openid email, read_user',
    PROVIDER_GIT_LAB_NAME: 'GitLab',
  };
  expect(load(settings).map(({ id, name }) => [id, name])).toEqual([
    ['git-lab', 'GitLab'],
    ['corp', 'corp'],
  ]);
  expect(load(settings)[0]!.scopes).toEqual(['openid', 'email', 'read_user']);
});

it('Apple has a key instead of a secret, also with its line breaks written as \\n', () => {
  const settings = { ...apple, PROVIDER_APPLE_PRIVATE_KEY: String(p8).replaceAll('\n', '\\n') };
  expect(load(settings)).toMatchObject([
    { clientSecret: undefined, apple: { teamId: 'TEAM123456', keyId: 'KEY1234567', privateKey: String(p8) } },
  ]);
});

describe('a start with wrong settings of a provider names them', () => {
  it.each<[string, NodeJS.ProcessEnv, string[]]>([
    [
      'what is missing, of every provider together',
      { PROVIDERS: 'corp,google' },
      [
        'PROVIDER_CORP_CLIENT_ID must be set',
        'PROVIDER_CORP_CLIENT_SECRET must be set',
        'PROVIDER_CORP_ISSUER must be set, since PROVIDERS lists corp',
        'PROVIDER_GOOGLE_CLIENT_ID must be set',
        'PROVIDER_GOOGLE_CLIENT_SECRET must be set',
      ],
    ],
    ['what Apple needs', { ...apple }, ['PROVIDER_APPLE_PRIVATE_KEY must be set']],
    [
      'a key that is none',
      { ...apple, PROVIDER_APPLE_PRIVATE_KEY: 'no key' },
      ['PROVIDER_APPLE_PRIVATE_KEY must be the key in the .p8 file (PEM)'],
    ],
    ['a switch', { ...corp, PROVIDER_CORP_TRUSTED_MFA: 'yes' }, ['PROVIDER_CORP_TRUSTED_MFA must be on or off']],
    [
      'a way to authenticate that Pawl does not know',
      { ...corp, PROVIDER_CORP_TOKEN_ENDPOINT_AUTH_METHOD: 'private_key_jwt' },
      ['PROVIDER_CORP_TOKEN_ENDPOINT_AUTH_METHOD must be client_secret_basic or client_secret_post'],
    ],
    [
      'a way to authenticate at Apple',
      {
        ...apple,
        PROVIDER_APPLE_PRIVATE_KEY: String(p8),
        PROVIDER_APPLE_TOKEN_ENDPOINT_AUTH_METHOD: 'client_secret_basic',
      },
      [
        'PROVIDER_APPLE_TOKEN_ENDPOINT_AUTH_METHOD must be left out: the client secret that Pawl signs goes into the body',
      ],
    ],
    [
      'ids',
      { ...corp, PROVIDERS: 'corp,Google' },
      ['PROVIDERS must list each provider once, in lower case, such as google,github,corp'],
    ],
    [
      'an id that occurs twice',
      { ...corp, PROVIDERS: 'corp,corp' },
      ['PROVIDERS must list each provider once, in lower case, such as google,github,corp'],
    ],
  ])('%s', (_, settings, faults) => {
    expect(faultsOf(settings)).toEqual(faults);
  });

  it.each([
    ['http://login.corp.example', {}],
    ['https://login.corp.example?tenant=1', {}],
    ['https://user@login.corp.example', {}],
    ['ftp://login.corp.example', {}],
    ['http://127.0.0.1:8080', production],
    ['http://localhost.evil.example', {}],
  ])('the issuer %s', (issuer, more) => {
    expect(faultsOf({ ...corp, ...more, PROVIDER_CORP_ISSUER: issuer })).toEqual([
      'PROVIDER_CORP_ISSUER must be an https URL without query (http on loopback outside production)',
    ]);
  });

  it('but accepts http on loopback outside production', () => {
    for (const issuer of ['http://127.0.0.1:8080/realms/x', 'http://localhost:8080', 'http://[::1]:8080']) {
      expect(faultsOf({ ...corp, PROVIDER_CORP_ISSUER: issuer })).toEqual([]);
    }
  });
});

describe('the environment', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pawl-providers-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads the secret of a provider from a file, and warns of no setting of a listed provider', () => {
    const path = join(folder, 'secret');
    writeFileSync(path, 'the secret in the file\n');
    const warnings: string[] = [];
    const environment = readEnvironment(
      { ...corp, PROVIDER_CORP_CLIENT_SECRET: undefined, PROVIDER_CORP_CLIENT_SECRET_FILE: path },
      { envFile: join(folder, '.env'), warn: (warning) => warnings.push(warning) },
    );
    expect(load(environment)).toMatchObject([{ clientSecret: 'the secret in the file' }]);
    expect(warnings).toEqual([]);
  });

  it('warns of settings of a provider that is not listed, and of names that are almost one', () => {
    const envFile = join(folder, '.env');
    writeFileSync(envFile, 'PROVIDER_GOOGLE_CLIENT_ID=x\nPROVIDER_CORP_CLIENT_SECRT=y\n');
    const warnings: string[] = [];
    readEnvironment(corp, { envFile, warn: (warning) => warnings.push(warning) });
    expect(warnings).toEqual([
      'PROVIDER_GOOGLE_CLIENT_ID is not a setting and has no effect.',
      'PROVIDER_CORP_CLIENT_SECRT is not a setting and has no effect. Did you mean PROVIDER_CORP_CLIENT_SECRET?',
    ]);
  });
});
