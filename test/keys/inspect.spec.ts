import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyRing } from '../../src/secrets/key-ring.js';
import { describeRefreshToken, RefreshTokenInspection } from '../../src/sessions/refresh-token-inspection.js';
import type { TokenReport } from '../../src/tokens/token-report.js';
import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectStatus, refresh, register } from '../support/http.js';
import type { CommandOptions } from './command.js';
import { runPawl, runPawlProcess } from './command.js';
import { kidOf, revokeKey } from './key-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

function tokenCommand(args: string[], { env, input }: CommandOptions = {}, folder = '/') {
  return runPawl(['token', ...args], { env: { DATABASE_URL: app.db.url, ...env }, input, folder });
}

const inspect = (args: string[], options?: CommandOptions, folder?: string) =>
  tokenCommand(['inspect', ...args], options, folder);

async function inspectJson(token: string): Promise<TokenReport> {
  return JSON.parse((await inspect(['--json'], { input: token })).out) as TokenReport;
}

/** Neither the token nor the part of it that makes it one. */
function expectNoSecretIn(text: string, token: string): void {
  const secret = token.startsWith('pwl1_') ? token.slice(5) : token.split('.')[2]!;
  expect(text).not.toContain(token);
  // The secret and the tag are the last two thirds of a refresh token.
  for (let from = Math.floor(secret.length / 2); from + 16 < secret.length; from += 8) {
    expect(text).not.toContain(secret.slice(from, from + 16));
  }
}

describe('npm run token -- inspect, of an access token', () => {
  it('describes a valid one and exits with 0', async () => {
    const { access_token: token, user, session_id } = await register(app);
    const { code, out, errors } = await inspect([token]);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(out).toMatch(/^Access token, good\n/);
    expect(out).toMatch(new RegExp(`user_id +${user.id}\n`));
    expect(out).toMatch(new RegExp(`sid +${session_id}\n`));
    expect(out).toMatch(/exp +\S+Z, in 14 minutes\n/);
    expect(out).toMatch(/verdict +good\n +checked with +the database\n/);
    expect(out).toMatch(/the key is +current\n/);
    expectNoSecretIn(out, token);
  });

  it('runs as a separate process from any folder', async () => {
    const { access_token: token } = await register(app);
    const folder = await mkdtemp(join(tmpdir(), 'pawl-jwks-'));
    await writeFile(join(folder, 'keys.json'), JSON.stringify((await call(app, 'GET', '/.well-known/jwks.json')).body));
    const args = ['token', 'inspect', '--jwks', 'keys.json'];
    const { code, out } = await runPawlProcess(args, { env: { INIT_CWD: folder }, input: token });
    await rm(folder, { recursive: true });
    expect(code).toBe(0);
    expect(out).toMatch(/^Access token, good\n/);
  });

  it('takes it from standard input, also as it stands in a header', async () => {
    const { access_token: token } = await register(app);
    const { code, out } = await inspect(['--json'], { input: `Bearer ${token}\n` });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ kind: 'access token', good: true, problems: [] });
    expectNoSecretIn(out, token);
  });

  it('names a revoked session, and exits with 1', async () => {
    const { access_token: token } = await register(app);
    await expectStatus(call(app, 'POST', '/auth/logout', { token }), 204);
    const { code, out } = await inspect([token]);
    expect(code).toBe(1);
    expect(out).toMatch(/^Access token, not good: revoked\n/);
    expect(out).toMatch(/revoked +Its session ended (now|\d+ seconds? ago) \(logout\)\.\n/);
  });

  it('names a disabled user, a changed role, a deleted user', async () => {
    const { access_token: token, user } = await register(app);
    const problemAfter = async (sql: string) => {
      await app.db.query(sql, [user.id]);
      return (await inspectJson(token)).problems;
    };
    expect(await problemAfter('UPDATE users SET epoch = epoch + 1 WHERE id = $1')).toEqual([
      { code: 'revoked', message: expect.stringContaining('role changed') },
    ]);
    expect(await problemAfter('UPDATE users SET disabled = true WHERE id = $1')).toEqual([
      { code: 'revoked', message: 'Its user is disabled.' },
    ]);
    expect(await problemAfter('DELETE FROM users WHERE id = $1')).toEqual([
      { code: 'revoked', message: 'Its user was deleted.' },
    ]);
  });

  it('names a revoked key, and what the settings expect otherwise', async () => {
    const { access_token: token } = await register(app);
    await revokeKey(app, kidOf(token));
    const { out } = await inspect([token], { env: { PUBLIC_URL: 'https://other.example' } });
    expect(out).toMatch(/^Access token, not good: revoked_key, wrong_issuer, wrong_audience\n/);
  });

  it('shows what a forger wrote without letting it reach the terminal', async () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const evil = { alg: 'none', typ: 'at+jwt', kid: '\u001b[2J\u009b2J\u202egood' };
    const { code, out } = await inspect([`${encode(evil)}.${encode({ iss: '\u001b]0;x\u0007' })}.`]);
    expect(code).toBe(1);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    expect(out).toContain('\\u{1b}[2J\\u{9b}2J\\u{202e}good');
  });

  it('does not repeat input that is not a token: it may be a password', async () => {
    const { code, out, errors } = await inspect(['correct-horse-battery']);
    expect(code).toBe(1);
    expect(out + errors).not.toContain('correct');
    expect(out).toMatch(/^Not a token of Pawl, not good: malformed\n/);
  });
});

describe('npm run token -- inspect --jwks', () => {
  it('needs neither settings nor a database: a URL, or a file', async () => {
    const { access_token: token } = await register(app);
    const url = `${app.url}/.well-known/jwks.json`;
    const env = { DATABASE_URL: undefined, AUTH_SECRET: undefined, PUBLIC_URL: undefined };
    const byUrl = await inspect([token, '--jwks', url, '--issuer', 'http://localhost:3000'], { env });
    expect(byUrl).toMatchObject({ code: 0, errors: '' });
    expect(byUrl.out).toMatch(/issuer expected +http:\/\/localhost:3000\n/);

    const folder = await mkdtemp(join(tmpdir(), 'pawl-jwks-'));
    await writeFile(join(folder, 'keys.json'), JSON.stringify((await call(app, 'GET', '/.well-known/jwks.json')).body));
    const byFile = await inspect(['--jwks', 'keys.json', token], { env }, folder);
    await rm(folder, { recursive: true });
    expect(byFile).toMatchObject({ code: 0, errors: '' });
    expect(byFile.out).toMatch(/issuer expected +\(not checked\)\n/);
  });

  it('names what it cannot read in a sentence, and exits with 2', async () => {
    const server = createServer((_request, answer) => answer.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const notKeySet = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (const [location, sentence] of [
      [notKeySet, 'is not a key set'],
      [`${app.url}/nothing`, 'the response is 404'],
      ['/nowhere/keys.json', 'cannot be read'],
    ] as const) {
      const { code, out, errors } = await inspect(['--jwks', location], { input: 'a.b.c' });
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(errors).toContain(sentence);
    }
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('npm run token -- inspect, of a refresh token', () => {
  it('shows session, generation and state, and never its secret', async () => {
    const { refresh_token: token, session_id, user } = await register(app);
    const { code, out } = await inspect([token]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Refresh token, good\n/);
    expect(out).toMatch(new RegExp(`user_id +${user.id}\n +session_id +${session_id}\n +generation +0\n`));
    expect(out).toMatch(/this token is +the current one\n/);
    expectNoSecretIn(out, token);
    const [{ generation }] = (await app.db.query<{ generation: number }>(
      'SELECT generation FROM sessions WHERE id = $1',
      [session_id],
    )) as [{ generation: number }];
    expect(generation).toBe(0); // it was looked at and not used
  });

  const describeNow = async (token: string, secrets = [testSecret]) => {
    const inspected = await app.nest.get(RefreshTokenInspection).inspect(token);
    return describeRefreshToken(token, inspected, new KeyRing(secrets));
  };
  const stateOf = async (token: string) => {
    const { problems, sections } = await describeNow(token);
    return [sections['state']?.['this token is'], ...problems.map(({ code }) => code)];
  };
  const rotated = async (tokens: Tokens) => (await expectStatus(refresh(app, tokens.refresh_token), 200)) as Tokens;

  it('knows current, parent, sibling, earlier and ended', async () => {
    const first = await register(app);
    const second = await rotated(first);
    expect(await stateOf(first.refresh_token)).toEqual(['the parent of the current one']);
    expect(await stateOf(second.refresh_token)).toEqual(['the current one']);

    app.clock.advanceSeconds(60);
    const recovered = await rotated(first);
    expect(await stateOf(second.refresh_token)).toEqual(['a sibling of the current one: a recovery displaced it']);
    expect(await stateOf(recovered.refresh_token)).toEqual(['the current one']);

    app.clock.advanceSeconds(60);
    await rotated(recovered);
    expect(await stateOf(first.refresh_token)).toEqual(['an earlier one', 'stale']);
    await refresh(app, first.refresh_token);
    expect(await stateOf(recovered.refresh_token)).toEqual(['an earlier one', 'revoked']);
  });

  it('names what is wrong: expired, ahead, gone, another secret, changed', async () => {
    const tokens = await register(app);
    const child = await rotated(tokens);
    await app.db.query('UPDATE sessions SET generation = 0 WHERE id = $1', [tokens.session_id]);
    expect(await stateOf(child.refresh_token)).toEqual(['the current one', 'ahead']);
    await app.db.query(`UPDATE sessions SET expires_at = now() - interval '1 day' WHERE id = $1`, [tokens.session_id]);
    expect(await stateOf(child.refresh_token)).toEqual(['the current one', 'expired']);
    await app.db.query('DELETE FROM sessions WHERE id = $1', [tokens.session_id]);
    expect(await stateOf(child.refresh_token)).toEqual([undefined, 'unknown_session']);

    const codesOf = (report: TokenReport) => report.problems.map(({ code }) => code);
    expect(codesOf(await describeNow(child.refresh_token, ['x'.repeat(32)]))).toEqual(['unknown_secret']);
    const changed =
      child.refresh_token.slice(0, 60) + (child.refresh_token[60] === 'A' ? 'B' : 'A') + child.refresh_token.slice(61);
    expect(codesOf(await describeNow(changed))).toEqual(['bad_signature']);
    expect(codesOf(await describeNow('pwl1_short'))).toEqual(['malformed']);
  });
});

it.each([[[]], [['inspect', 'a', 'b']], [['inspect', '--unknown']], [['verify', 'eyJ.secret']]])(
  '%j shows how the command is used, and repeats nothing',
  async (args) => {
    const { code, out, errors } = await tokenCommand(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(errors).toMatch(/^Usage: pawl token/m);
    expect(errors).not.toContain('secret');
  },
);
