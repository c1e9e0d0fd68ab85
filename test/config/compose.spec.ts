import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/config.js';
import { Env } from '../../src/config/env.js';

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}
interface Service {
  env_file?: { path: string; required: boolean }[];
  environment?: Record<string, string | null>;
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: object;
}

const compose = parse(readFileSync(join(import.meta.dirname, '../../docker-compose.yml'), 'utf8')) as Compose;
const pawl = compose.services.pawl!;
const environment = pawl.environment!;

/** What the image decides by itself, or what contradicts the database of this file. */
const fixed = ['NODE_ENV', 'PORT', 'HOST', 'DATA_DIR', 'DATABASE_DIRECT_URL', 'DATABASE_POOLED', 'PASSWORD_LIST_FILE'];
const required = { POSTGRES_PASSWORD: 'secret', AUTH_SECRET: 'x'.repeat(32) };

/** Values as Compose interpolates them: `${NAME}`, `${NAME:-default}` and `${NAME:?message}`, which may be nested. */
function interpolate(text: string, env: NodeJS.ProcessEnv): string {
  const innermost = /\$\{(\w+)(?::([-?])([^${}]*))?\}/;
  let result = text;
  for (let found = innermost.exec(result); found; found = innermost.exec(result)) {
    const [whole, name = '', operator, operand = ''] = found;
    if (operator === '?' && !env[name]) throw new Error(`${name}: ${operand}`);
    result = result.replace(whole, () => env[name] || (operator === '-' ? operand : ''));
  }
  return result;
}

/** The environment of the service's container. */
function containerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(environment).map(([name, value]) => [
    name,
    value === null ? env[name] : interpolate(value, env),
  ]);
  return { NODE_ENV: 'production', ...(Object.fromEntries(entries) as NodeJS.ProcessEnv) };
}

describe('docker-compose.yml', () => {
  it.each(Object.keys(Env.shape).filter((name) => !fixed.includes(name)))('passes %s to the container', (name) => {
    expect(Object.keys(environment)).toContain(name);
    if (name === 'DATABASE_URL') return;
    expect(containerEnvironment({ ...required, [name]: 'a-value' })[name]).toBe('a-value');
  });

  it('passes the settings of any provider from a file, which need not be there', () => {
    expect(pawl.env_file).toEqual([{ path: 'providers.env', required: false }]);
    const ofFile = {
      PROVIDER_MY_CORP_ISSUER: 'https://login.corp.example',
      PROVIDER_MY_CORP_CLIENT_ID: 'pawl',
      PROVIDER_MY_CORP_CLIENT_SECRET: 'a secret',
      DATABASE_URL: 'postgresql://somewhere.else/db',
    };
    // As Compose merges them: `environment` wins over `env_file`.
    const config = loadConfig({ ...ofFile, ...containerEnvironment({ ...required, PROVIDERS: 'my-corp' }) });
    expect(config.providers).toMatchObject([{ id: 'my-corp', clientId: 'pawl' }]);
    expect(config.database.url).toBe('postgresql://pawl:secret@database:5432/pawl');
  });

  it('starts with nothing but its two secrets', () => {
    expect(loadConfig(containerEnvironment(required))).toMatchObject({
      publicUrl: 'http://localhost:3000',
      database: { url: 'postgresql://pawl:secret@database:5432/pawl' },
      mail: { smtpUrl: 'smtp://mail:1025' },
    });
  });

  it.each(Object.keys(required))('does not start without %s, and says what to set', (name) => {
    const all = [...Object.values(environment), ...Object.values(compose.services.database!.environment!)];
    const start = () => all.map((value) => interpolate(value ?? '', { ...required, [name]: '' }));
    expect(start).toThrow(new RegExp(`^${name}: set ${name}`));
  });

  it('makes links with the port that it publishes', () => {
    const env = { ...required, PAWL_PORT: '4000' };
    expect(containerEnvironment(env).PUBLIC_URL).toBe('http://localhost:4000');
    expect(pawl.ports!.map((port) => interpolate(port, env))).toEqual(['127.0.0.1:4000:3000']);
    const behindProxy = { ...env, PUBLIC_URL: 'https://auth.example.com' };
    expect(containerEnvironment(behindProxy).PUBLIC_URL).toBe('https://auth.example.com');
  });

  it('depends on services that exist, and waits for the health of those that have a check', () => {
    for (const [name, { condition }] of Object.entries(pawl.depends_on!)) {
      expect(Object.keys(compose.services)).toContain(name);
      expect(condition).toBe(compose.services[name]!.healthcheck ? 'service_healthy' : 'service_started');
    }
  });

  it('publishes ports on this machine only, and declares its volumes', () => {
    for (const { ports = [], volumes = [] } of Object.values(compose.services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    }
  });
});
