import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { until } from '../../../../test/support/until.js';
import { startPawl } from '../../src/testing/start-pawl.js';
import type { TestPawl } from '../../src/testing/test-pawl.js';

const packageFolder = join(import.meta.dirname, '../../../..');
const kit = pathToFileURL(join(import.meta.dirname, '../../dist/esm/testing/index.js')).href;

/** Of these tests alone, so that they see what is left in it. */
let cacheFolder: string;
let pawl: TestPawl;
beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'pawl-kit-'));
  pawl = await startPawl({ packageFolder, cacheFolder, settings: { ROLES: 'editor' } });
});
afterAll(async () => {
  await pawl.stop();
  await rm(cacheFolder, { recursive: true, force: true });
});

async function me(token: string, { url } = pawl): Promise<{ status: number; code?: string; role?: string }> {
  const response = await fetch(`${url}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
  const { code, role } = (await response.json()) as { code?: string; role?: string };
  return { status: response.status, code, role };
}

const runs = () => readdir(join(cacheFolder, 'runs'));

describe('a Pawl for tests', () => {
  it('makes users with any password and role, and signs them in', async () => {
    const user = await pawl.createUser({ email: 'ada@example.com', password: 'x', role: 'editor' });
    const session = await pawl.signIn(user);
    expect(await me(session.accessToken)).toMatchObject({ status: 200, role: 'editor' });
    expect(await me(await pawl.token({ role: 'admin' }))).toMatchObject({ status: 200, role: 'admin' });
    await expect(pawl.createUser({ email: 'ada@example.com' })).rejects.toThrow('There is a user ada@example.com');
    await expect(pawl.createUser({ role: 'nobody' })).rejects.toThrow('unknown role');
  });

  it('revokes: a session, all sessions of a user, a role, a disabled and a deleted user', async () => {
    const user = await pawl.createUser();
    const [first, second] = [await pawl.signIn(user), await pawl.signIn(user)];
    await pawl.signOut(first);
    expect(await me(first.accessToken)).toMatchObject({ status: 401, code: 'token_revoked' });
    expect(await me(second.accessToken)).toMatchObject({ status: 200 });
    await pawl.signOutUser(user);
    expect(await me(second.accessToken)).toMatchObject({ code: 'token_revoked' });

    let session = await pawl.signIn(user);
    await pawl.changeUser(user, { role: 'editor' });
    expect(await me(session.accessToken)).toMatchObject({ code: 'token_revoked' });
    session = await pawl.refresh(session);
    expect(await me(session.accessToken)).toMatchObject({ status: 200, role: 'editor' });
    await pawl.changeUser(user, { disabled: true });
    expect(await me(session.accessToken)).toMatchObject({ code: 'token_revoked' });
    await pawl.deleteUser(user);
    await expect(pawl.signIn(user)).rejects.toThrow('invalid_credentials');
  });

  it('has a clock that tests move', async () => {
    const session = await pawl.signIn(await pawl.createUser());
    await pawl.advanceSeconds(session.expiresInSeconds + 1);
    expect(await me(session.accessToken)).toMatchObject({ status: 401, code: 'token_expired' });
    expect(await me((await pawl.refresh(session)).accessToken)).toMatchObject({ status: 200 });
  });

  it('registers clients that follow the revocation feed', async () => {
    const token = await pawl.clientToken(await pawl.registerClient());
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const response = await fetch(`${pawl.url}/oauth/revocations`, { headers });
    expect(await response.json()).toMatchObject({ snapshot: true, complete: true });
  });

  it('shares nothing with another one that runs at the same time, and leaves nothing behind', async () => {
    const [one, two] = await Promise.all([
      startPawl({ packageFolder, cacheFolder }),
      startPawl({ packageFolder, cacheFolder }),
    ]);
    const user = await one.createUser();
    await expect(two.signIn(user)).rejects.toThrow('invalid_credentials');
    expect(await me(await one.token(), two)).toMatchObject({ status: 401, code: 'token_invalid' });
    await Promise.all([one.stop(), two.stop()]);
    expect(await runs()).toHaveLength(1);
  });

  it('does not take the settings of the service under test for its own', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none', PUBLIC_URL: 'nonsense' });
    try {
      const other = await startPawl({ packageFolder, cacheFolder });
      expect(other.issuer).toBe(other.url);
      await other.stop();
    } finally {
      process.env = before;
    }
  });

  it('says what is wrong with a setting', async () => {
    await expect(startPawl({ packageFolder, cacheFolder, settings: { ACCESS_TOKEN_TTL: 'long' } })).rejects.toThrow(
      'ACCESS_TOKEN_TTL',
    );
  });

  it('says how to install Pawl if it is not installed', async () => {
    await expect(startPawl()).rejects.toThrow('not installed here');
    await expect(startPawl({ packageFolder: tmpdir() })).rejects.toThrow('not the package pawl');
  });
});

describe('the process', () => {
  /** A test run of its own: starts a Pawl, prints its address, and then does `then`. */
  async function run(then: string): Promise<{ url: string; ended: Promise<unknown> }> {
    const script = `
      const { startPawl } = await import(${JSON.stringify(kit)});
      const pawl = await startPawl(${JSON.stringify({ packageFolder, cacheFolder })});
      console.log(pawl.url);
      ${then}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { url: line.toString().trim(), ended };
  }

  it.each([
    ['is killed', `process.kill(process.pid, 'SIGKILL');`],
    ['forgets to stop it', ''],
    ['throws', `setTimeout(() => { process.exit(1); });`],
  ])('ends, with its database and its data, when the test run %s', async (_, then) => {
    const { url, ended } = await run(then);
    await ended;
    await until(async () => (await runs()).length === 1);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('that was killed leaves data behind, which the next start deletes', async () => {
    const { ended } = await run(`process.kill(pawl.process.child.pid, 'SIGKILL');
      await new Promise((resolve) => pawl.process.child.once('exit', resolve));`);
    await ended;
    expect(await runs()).toHaveLength(2);
    const next = await startPawl({ packageFolder, cacheFolder });
    await until(async () => (await runs()).length === 2);
    await next.stop();
    expect(await runs()).toHaveLength(1);
  });

  it.each([
    ['a terminal', {}],
    ['production', { NODE_ENV: 'production' }],
  ])('does not run in %s: its clock can be controlled (attack: reviving expired tokens)', async (where, env) => {
    const stdio =
      where === 'production' ? (['ignore', 'ignore', 'pipe', 'ipc'] as const) : (['ignore', 'ignore', 'pipe'] as const);
    const child = spawn(process.execPath, [join(packageFolder, 'bin/testing.cjs')], { env, stdio: [...stdio] });
    let said = '';
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    expect(said).toContain('To run Pawl, use: pawl start');
  });
});
