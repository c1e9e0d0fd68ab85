import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPawl } from '../keys/command.js';

const secret = 'hunter2';
const config = (env: NodeJS.ProcessEnv, ...args: string[]) => runPawl(['config', ...args], { env });

describe('pawl config', () => {
  it('shows every setting with its value and where it comes from', async () => {
    const { code, out, errors } = await config({ ACCESS_TOKEN_TTL: '5m', PORT: '4000', PUBLIC_URL: undefined });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(out).toMatch(/^SETTING +VALUE +FROM\n/);
    expect(out).toMatch(/^ACCESS_TOKEN_TTL +5m +environment$/m);
    expect(out).toMatch(/^REFRESH_GRACE +30s +default$/m);
    expect(out).toMatch(/^PUBLIC_URL +http:\/\/localhost:4000 +default$/m);
    expect(out).toMatch(/^ROLES +- +default$/m);
  });

  it('shows no secret, wherever it is in a value', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-config-'));
    await writeFile(join(folder, 'smtp'), `smtps://ada:${secret}@smtp.example.com`);
    const { code, out, errors } = await config({
      AUTH_SECRET: `${secret.repeat(8)},${secret.repeat(9)}`,
      ADMIN_EMAIL: 'ada@example.com',
      ADMIN_PASSWORD: secret,
      METRICS_TOKEN: secret.repeat(8),
      DATABASE_URL: `postgresql://pawl:${secret}%2F@db.example.com:5432/pawl?sslmode=require&password=${secret}`,
      REDIS_URL: `redis://:${secret}@redis.example.com`,
      SMTP_URL_FILE: join(folder, 'smtp'),
      MAIL_FROM: 'ada@example.com',
    });
    await rm(folder, { recursive: true });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(out).not.toContain(secret);
    expect(out).toMatch(/^AUTH_SECRET +\(set, not shown\) +environment$/m);
    expect(out).toMatch(
      /^DATABASE_URL +postgresql:\/\/pawl:\*\*\*@db\.example\.com:5432\/pawl\?sslmode=require&password=\*\*\* /m,
    );
    expect(out).toMatch(/^SMTP_URL +smtps:\/\/ada:\*\*\*@smtp\.example\.com +file$/m);
  });

  it('--json is for programs', async () => {
    const settings = JSON.parse((await config({}, '--json')).out) as Record<string, unknown>;
    expect(settings).toMatchObject({
      DOCS: { value: 'on', source: 'default' },
      AUTH_SECRET: { source: 'environment' },
    });
  });

  it('names every wrong setting, as a start does, and exits with 1', async () => {
    const { code, out, errors } = await config({
      PORT: 'many',
      ACCESS_TOKEN_TTL: 'x',
      CORS_ORIGIN: 'https://example.com',
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(errors).toMatch(/^CORS_ORIGIN is not a setting and has no effect\. Did you mean CORS_ORIGINS\?$/m);
    expect(errors).toMatch(/^ +PORT must be /m);
    expect(errors).toMatch(/^ +ACCESS_TOKEN_TTL must be /m);
  });
});
