import { generateKeyPairSync } from 'node:crypto';
import { KeyRing } from '../../src/secrets/key-ring.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, refresh, register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { currentKid, daySeconds, hourSeconds, keyRows, kidOf, lookAfterKeys, publishedKids } from './key-story.js';

const oldSecret = 'the-old-secret-of-at-least-32-characters';
const newSecret = 'the-new-secret-of-at-least-32-characters';
const oldId = new KeyRing([oldSecret]).current.id;
const newId = new KeyRing([newSecret]).current.id;
const pastGraceSeconds = 31;

const me = (app: TestApp, token: string) => call(app, 'GET', '/auth/me', { token });

/** Whether a refresh token was tagged under the old or the new value. */
function secretOf(refreshToken: string): 'old' | 'new' | undefined {
  const id = Buffer.from(refreshToken.slice('pwl1_'.length), 'base64url').subarray(0, 4);
  return id.equals(oldId) ? 'old' : id.equals(newId) ? 'new' : undefined;
}

describe('AUTH_SECRET', () => {
  let db: TestDatabase;
  let running: TestApp[];
  let clock: TestApp['clock'] | undefined;
  beforeEach(async () => {
    db = await createTestDatabase();
    running = [];
    clock = undefined;
  });
  afterEach(async () => {
    await Promise.all(running.map((app) => app.close()));
    await db.drop();
  });

  async function instance(secrets: string, options: Parameters<typeof startApp>[0] = {}): Promise<TestApp> {
    const app = await startApp({ ...options, database: db, clock, env: { AUTH_SECRET: secrets, ...options.env } });
    clock ??= app.clock;
    running.push(app);
    return app;
  }

  async function replaced(app: TestApp, secrets: string): Promise<TestApp> {
    const next = await instance(secrets);
    running = running.filter((one) => one !== app);
    await app.close();
    return next;
  }

  async function sealedUnder(): Promise<string[]> {
    const ids = (await keyRows({ db })).map((row) => row.seal_key_id);
    return [...new Set(ids.map((id) => (id.equals(oldId) ? 'old' : id.equals(newId) ? 'new' : 'unknown')))];
  }

  it('is replaced in two deployments, instance by instance, without a refused request', async () => {
    let one = await instance(oldSecret);
    let two = await instance(oldSecret);
    let sessions: Tokens[] = [await register(one), await register(two)];

    /** Every session refreshes at one instance, and its tokens are used at both. */
    async function traffic(): Promise<void> {
      for (const app of [one, two]) {
        clock!.advanceSeconds(pastGraceSeconds);
        sessions = await Promise.all(
          sessions.map(async ({ refresh_token }) => (await expectStatus(refresh(app, refresh_token), 200)) as Tokens),
        );
        for (const { access_token } of sessions) {
          await expectStatus(me(one, access_token), 200);
          await expectStatus(me(two, access_token), 200);
        }
      }
      sessions = [...sessions.slice(-4), await register(one), await register(two)];
    }

    await traffic();
    // The first deployment: the new value is known everywhere before anyone uses it.
    one = await replaced(one, `${oldSecret},${newSecret}`);
    await traffic();
    two = await replaced(two, `${oldSecret},${newSecret}`);
    await traffic();
    expect(new Set(sessions.map(({ refresh_token }) => secretOf(refresh_token)))).toEqual(new Set(['old']));
    expect(await sealedUnder()).toEqual(['old']);

    // The second: the new value is used, the old one still known.
    one = await replaced(one, `${newSecret},${oldSecret}`);
    expect(await sealedUnder()).toEqual(['new']);
    await traffic();
    expect(new Set(sessions.map(({ refresh_token }) => secretOf(refresh_token)))).toEqual(new Set(['old', 'new']));
    two = await replaced(two, `${newSecret},${oldSecret}`);
    await traffic();
    expect(new Set(sessions.map(({ refresh_token }) => secretOf(refresh_token)))).toEqual(new Set(['new']));
    expect(await sealedUnder()).toEqual(['new']);

    // And the old value can go.
    one = await replaced(one, newSecret);
    await traffic();
    two = await replaced(two, newSecret);
    await traffic();
  });

  it('that is removed while something hangs on it: refused as unknown or not now, and never as reuse', async () => {
    const both = await instance(`${oldSecret},${newSecret}`);
    const waits = await register(both);
    const moves = await register(both);
    const changed = await replaced(both, `${newSecret},${oldSecret}`);
    clock!.advanceSeconds(pastGraceSeconds);
    const moved = (await expectStatus(refresh(changed, moves.refresh_token), 200)) as Tokens;
    const after = await replaced(changed, newSecret);

    await expectProblem(refresh(after, waits.refresh_token), 401, 'refresh_invalid');
    await expectProblem(refresh(after, moves.refresh_token), 401, 'refresh_invalid');
    clock!.advanceSeconds(pastGraceSeconds);
    await expectStatus(refresh(after, moved.refresh_token), 200);

    // That revoked nothing: with the old value back, the session continues.
    const again = await replaced(after, `${newSecret},${oldSecret}`);
    await expectStatus(refresh(again, waits.refresh_token), 200);
  });

  it('two instances that hold its values in opposite order share keys and rotations', async () => {
    const one = await instance(`${oldSecret},${newSecret}`);
    const two = await instance(`${newSecret},${oldSecret}`);
    for (let rotation = 0; rotation < 3; rotation++) {
      clock!.advanceSeconds(30 * daySeconds + hourSeconds);
      await Promise.all([lookAfterKeys(one), lookAfterKeys(two)]);
      for (const [at, other] of [
        [one, two],
        [two, one],
      ] as const) {
        await expectStatus(me(other, (await register(at)).access_token), 200);
      }
    }
    expect(currentKid(one)).toBe(currentKid(two));
  });

  it('that does not open the current key stops the start with a sentence, and nothing is written', async () => {
    await instance(oldSecret);
    const before = await keyRows({ db });
    await expect(instance(newSecret)).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('AUTH_SECRET=new,old'),
    });
    expect(await keyRows({ db })).toEqual(before);
  });

  describe('that is missing for another key than the current', () => {
    /** The current key is sealed under the new value; a retired one (of `token`) and the next only under the old. */
    async function startOnMixedKeys(algorithm: string) {
      const env = { JWT_ALGORITHM: algorithm, ACCESS_TOKEN_TTL: '1d', LOG_LEVEL: 'info' };
      const before = await instance(oldSecret, { env, logDestination: recordingDestination() });
      clock!.advanceSeconds(30 * daySeconds - 10);
      const { access_token: token } = await register(before);
      clock!.advanceSeconds(20);
      await lookAfterKeys(before);
      const rows = await keyRows({ db });
      const [retired, current, next] = rows.map(({ kid }) => kid);
      expect([retired, current]).toEqual([kidOf(token), currentKid(before)]);
      await replaced(before, `${newSecret},${oldSecret}`);
      await running.pop()!.close();
      for (const { kid, seal_key_id, private_key_sealed } of rows.filter(({ kid }) => kid !== current)) {
        const values = [kid, seal_key_id, private_key_sealed];
        await db.query('UPDATE signing_keys SET seal_key_id = $2, private_key_sealed = $3 WHERE kid = $1', values);
      }
      const log = recordingDestination();
      const app = await instance(newSecret, { env, logDestination: log });
      return { app, token, log, retired: retired!, next: next! };
    }

    it('the public half of that key still verifies, and the log says what is missing', async () => {
      const { app, token, log, retired, next } = await startOnMixedKeys('ES256');
      await expectStatus(me(app, token), 200);
      expect(await publishedKids(app)).toEqual(expect.arrayContaining([retired, next]));
      for (const kid of [retired, next]) {
        expect(log.text).toContain(`${kid} (ES256) is sealed under an AUTH_SECRET value that this instance does not`);
      }
    });

    it('a public half that was replaced in the database verifies nothing (attack: forging tokens)', async () => {
      const { token, retired } = await startOnMixedKeys('ES256');
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const forged = { ...publicKey.export({ format: 'jwk' }), kid: retired, alg: 'ES256', use: 'sig' };
      await db.query('UPDATE signing_keys SET public_jwk = $2 WHERE kid = $1', [retired, forged]);
      const restarted = await instance(newSecret);
      expect(await publishedKids(restarted)).not.toContain(retired);
      await expectProblem(me(restarted, token), 401, 'token_invalid');
    });

    it('a shared secret verifies nothing, and the log says so', async () => {
      const { app, token, log, retired } = await startOnMixedKeys('HS256');
      await expectProblem(me(app, token), 401, 'token_invalid');
      expect(log.text).toMatch(new RegExp(`${retired} \\(HS256\\) is sealed .+ no token under it is accepted here`));
    });

    it('an instance that should sign with it answers 503, and recovers once another has sealed it again', async () => {
      const { app } = await startOnMixedKeys('ES256');
      const { access_token: token, refresh_token } = await register(app);
      clock!.advanceSeconds(30 * daySeconds - 5);
      const answer = await expectProblem(refresh(app, refresh_token), 503, 'temporarily_unavailable');
      expect(answer.headers.get('retry-after')).toBe('30');
      await expectProblem(me(app, token), 401, 'token_expired'); // it was verified

      await instance(`${newSecret},${oldSecret}`);
      await lookAfterKeys(app);
      await expectStatus(refresh(app, refresh_token), 200);
    });
  });
});
