import { holdRow, lineUp } from '../sessions/line-up.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { newEmail, registerConfirmed } from '../support/http.js';
import { Browser, newVerifier } from './browser.js';
import type { Upstream } from './upstream.js';
import { corpSettings, startUpstream } from './upstream.js';

let upstream: Upstream;
let app: TestApp;
let other: TestApp;
beforeAll(async () => {
  upstream = await startUpstream({ sub: 'ada' });
  app = await startApp({ env: corpSettings(upstream) });
  other = await startApp({ env: corpSettings(upstream), database: app.db });
});
afterAll(async () => {
  await other.close();
  await app.close();
  await upstream.close();
});

const times = 6;

/** One-time codes of as many sign-ins of one person, to be exchanged at the same moment on two instances. */
async function exchanges(): Promise<(() => Promise<{ status: number; body: any }>)[]> {
  const found: (() => Promise<{ status: number; body: any }>)[] = [];
  for (let i = 0; i < times; i++) {
    const browser = new Browser(i % 2 === 0 ? app : other);
    const { verifier, challenge } = newVerifier();
    const end = await browser.open(`/auth/providers/corp/start?code_challenge=${challenge}&return_to=/done`);
    const body = { code: end.searchParams.get('code'), verifier };
    found.push(() => browser.call('POST', '/auth/providers/exchange', body));
  }
  return found;
}

async function usersOf(bodies: { status: number; body: any }[]): Promise<string[]> {
  expect(bodies.map(({ status }) => status)).toEqual(Array(bodies.length).fill(200));
  return [...new Set(bodies.map(({ body }) => body.user.id as string))];
}

it('several first sign-ins of one person at the same moment make one account', async () => {
  const email = newEmail();
  upstream.person = { sub: email, email, email_verified: true };
  const ready = await exchanges();
  expect(await usersOf(await Promise.all(ready.map((exchange) => exchange())))).toHaveLength(1);
  expect(await app.db.query('SELECT 1 FROM identities WHERE subject = $1', [email])).toHaveLength(1);
});

it('several that join an account at the same moment join it once', async () => {
  const { user } = await registerConfirmed(app);
  upstream.person = { sub: user.email, email: user.email, email_verified: true };
  const ready = await exchanges();
  expect(await usersOf(await Promise.all(ready.map((exchange) => exchange())))).toEqual([user.id]);
  const linked = `SELECT 1 FROM audit_events WHERE event = 'identity.linked' AND subject_user_id = $1`;
  expect(await app.db.query(linked, [user.id])).toHaveLength(1);
});

it('a one-time code that is exchanged several times at the same moment starts one session', async () => {
  const email = newEmail();
  upstream.person = { sub: email, email, email_verified: true };
  const [exchange] = await exchanges();
  const statuses = (await Promise.all(Array.from({ length: times }, () => exchange!()))).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, ...Array<number>(times - 1).fill(400)]);
});

it('a disconnection that comes first wins against a sign-in of the same moment (attack: a stolen account at the provider)', async () => {
  const email = newEmail();
  upstream.person = { sub: email, email, email_verified: true };
  const [first, second] = await exchanges();
  const [id] = await usersOf([await first!()]);
  const disconnects = `WITH u AS (SELECT id FROM users WHERE id = $1 FOR UPDATE)
    DELETE FROM identities i USING u WHERE i.user_id = u.id`;
  const held = await holdRow(app.db, 'users', id!, disconnects);
  const [late] = await lineUp(app.db, held, [second!]);
  expect(late).toMatchObject({ status: 400, body: { code: 'exchange_code_invalid' } });
  expect(await app.db.query('SELECT 1 FROM sessions WHERE user_id = $1', [id])).toHaveLength(1);
  const signIns = `SELECT 1 FROM audit_events WHERE event = 'user.signed_in' AND subject_user_id = $1`;
  expect(await app.db.query(signIns, [id])).toHaveLength(1);
});
