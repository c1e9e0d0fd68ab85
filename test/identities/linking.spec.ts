import { randomUUID } from 'node:crypto';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { Browser, signInAsApp } from './browser.js';
import type { Upstream } from './upstream.js';
import { corpSettings, startUpstream } from './upstream.js';

let upstream: Upstream;
let app: TestApp;
beforeAll(async () => {
  upstream = await startUpstream({ sub: 'ada' });
  app = await startApp({ env: corpSettings(upstream) });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

type Says = 'verified' | 'unverified' | 'nothing';
type Row = readonly [
  says: Says,
  local: 'proven' | 'unproven' | 'absent',
  password: string,
  factor: string,
  state: string,
  outcome: string,
];

/** What the provider says of the address; the account here that has it; and what comes of it. Every combination. */
const table: readonly Row[] = [
  ['verified', 'proven', 'password', 'factor', 'disabled', 'account_disabled'],
  ['verified', 'proven', 'password', 'factor', 'enabled', 'second_factor_required'],
  ['verified', 'proven', 'password', 'no factor', 'disabled', 'account_disabled'],
  ['verified', 'proven', 'password', 'no factor', 'enabled', 'joined'],
  ['verified', 'proven', 'no password', 'factor', 'disabled', 'account_disabled'],
  ['verified', 'proven', 'no password', 'factor', 'enabled', 'second_factor_required'],
  ['verified', 'proven', 'no password', 'no factor', 'disabled', 'account_disabled'],
  ['verified', 'proven', 'no password', 'no factor', 'enabled', 'joined'],
  ['verified', 'unproven', 'password', 'factor', 'disabled', 'account_exists'],
  ['verified', 'unproven', 'password', 'factor', 'enabled', 'account_exists'],
  ['verified', 'unproven', 'password', 'no factor', 'disabled', 'account_exists'],
  ['verified', 'unproven', 'password', 'no factor', 'enabled', 'account_exists'],
  ['verified', 'unproven', 'no password', 'factor', 'disabled', 'account_exists'],
  ['verified', 'unproven', 'no password', 'factor', 'enabled', 'account_exists'],
  ['verified', 'unproven', 'no password', 'no factor', 'disabled', 'account_exists'],
  ['verified', 'unproven', 'no password', 'no factor', 'enabled', 'account_exists'],
  ['verified', 'absent', '-', '-', '-', 'created as proven'],
  ['unverified', 'proven', 'password', 'factor', 'disabled', 'account_exists'],
  ['unverified', 'proven', 'password', 'factor', 'enabled', 'account_exists'],
  ['unverified', 'proven', 'password', 'no factor', 'disabled', 'account_exists'],
  ['unverified', 'proven', 'password', 'no factor', 'enabled', 'account_exists'],
  ['unverified', 'proven', 'no password', 'factor', 'disabled', 'account_exists'],
  ['unverified', 'proven', 'no password', 'factor', 'enabled', 'account_exists'],
  ['unverified', 'proven', 'no password', 'no factor', 'disabled', 'account_exists'],
  ['unverified', 'proven', 'no password', 'no factor', 'enabled', 'account_exists'],
  ['unverified', 'unproven', 'password', 'factor', 'disabled', 'account_exists'],
  ['unverified', 'unproven', 'password', 'factor', 'enabled', 'account_exists'],
  ['unverified', 'unproven', 'password', 'no factor', 'disabled', 'account_exists'],
  ['unverified', 'unproven', 'password', 'no factor', 'enabled', 'account_exists'],
  ['unverified', 'unproven', 'no password', 'factor', 'disabled', 'account_exists'],
  ['unverified', 'unproven', 'no password', 'factor', 'enabled', 'account_exists'],
  ['unverified', 'unproven', 'no password', 'no factor', 'disabled', 'account_exists'],
  ['unverified', 'unproven', 'no password', 'no factor', 'enabled', 'account_exists'],
  ['unverified', 'absent', '-', '-', '-', 'created as unproven'],
  ['nothing', 'proven', 'password', 'factor', 'disabled', 'account_exists'],
  ['nothing', 'proven', 'password', 'factor', 'enabled', 'account_exists'],
  ['nothing', 'proven', 'password', 'no factor', 'disabled', 'account_exists'],
  ['nothing', 'proven', 'password', 'no factor', 'enabled', 'account_exists'],
  ['nothing', 'proven', 'no password', 'factor', 'disabled', 'account_exists'],
  ['nothing', 'proven', 'no password', 'factor', 'enabled', 'account_exists'],
  ['nothing', 'proven', 'no password', 'no factor', 'disabled', 'account_exists'],
  ['nothing', 'proven', 'no password', 'no factor', 'enabled', 'account_exists'],
  ['nothing', 'unproven', 'password', 'factor', 'disabled', 'account_exists'],
  ['nothing', 'unproven', 'password', 'factor', 'enabled', 'account_exists'],
  ['nothing', 'unproven', 'password', 'no factor', 'disabled', 'account_exists'],
  ['nothing', 'unproven', 'password', 'no factor', 'enabled', 'account_exists'],
  ['nothing', 'unproven', 'no password', 'factor', 'disabled', 'account_exists'],
  ['nothing', 'unproven', 'no password', 'factor', 'enabled', 'account_exists'],
  ['nothing', 'unproven', 'no password', 'no factor', 'disabled', 'account_exists'],
  ['nothing', 'unproven', 'no password', 'no factor', 'enabled', 'account_exists'],
  ['nothing', 'absent', '-', '-', '-', 'created as unproven'],
];

/** A hash that no password matches: none is presented here. */
const someHash = '$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZWhhc2g';

async function insertAccount(email: string, [, local, password, factor, state]: Row, { db } = app): Promise<string> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO users (id, email, role, email_verified, password_hash, disabled, second_factor, created_at)
     VALUES ($1, $2, 'user', $3, $4, $5, $6, now())`,
    [
      id,
      email,
      local === 'proven',
      password === 'password' ? someHash : '!',
      state === 'disabled',
      factor === 'factor',
    ],
  );
  return id;
}

function saying(says: Says, email: string): Upstream['person'] {
  if (says === 'nothing') return { sub: email, email };
  return { sub: email, email, email_verified: says === 'verified' };
}

async function ownersOf(subject: string): Promise<string[]> {
  const query = 'SELECT user_id FROM identities WHERE subject = $1';
  return (await app.db.query<{ user_id: string }>(query, [subject])).map(({ user_id: id }) => id);
}

describe('an identity that nobody has connected', () => {
  it('has a row for every combination', () => {
    expect(table).toHaveLength(3 * (2 * 2 * 2 * 2 + 1));
    expect(new Set(table.map((row) => row.slice(0, 5).join())).size).toBe(table.length);
  });

  it.each(table)('provider says %s, account here is %s, %s, %s, %s: %s', async (...row) => {
    const [says, local, , , , outcome] = row;
    const email = newEmail();
    const accountId = local === 'absent' ? undefined : await insertAccount(email, row);
    upstream.person = saying(says, email);
    const { body } = await signInAsApp(new Browser(app));
    const owners = await ownersOf(email);
    if (outcome.startsWith('created')) {
      expect(body.user).toMatchObject({ email, email_verified: outcome === 'created as proven' });
      expect(owners).toEqual([body.user.id]);
    } else if (outcome === 'joined') {
      expect(body.user).toMatchObject({ id: accountId, email });
      expect(owners).toEqual([accountId]);
    } else {
      expect(body).toMatchObject({ code: outcome });
      expect(body).not.toHaveProperty('access_token');
      expect(owners).toEqual(outcome === 'second_factor_required' ? [accountId] : []);
    }
  });
});

describe('an identity that is connected', () => {
  const linked = [
    ['no factor', 'enabled', 'signed in'],
    ['factor', 'enabled', 'second_factor_required'],
    ['no factor', 'disabled', 'account_disabled'],
    ['factor', 'disabled', 'account_disabled'],
  ] as const;

  it.each(linked)('whose account has %s and is %s: %s, whatever the provider says of the address', async (...row) => {
    const [factor, state, outcome] = row;
    for (const says of ['verified', 'unverified', 'nothing'] as const) {
      const email = newEmail();
      upstream.person = saying('verified', email);
      const first = await signInAsApp(new Browser(app));
      const id = first.body.user.id as string;
      await app.db.query('UPDATE users SET second_factor = $2, disabled = $3 WHERE id = $1', [
        id,
        factor === 'factor',
        state === 'disabled',
      ]);
      upstream.person = { ...saying(says, newEmail()), sub: email };
      const { body } = await signInAsApp(new Browser(app));
      if (outcome === 'signed in') expect(body.user).toMatchObject({ id, email });
      else expect(body).toMatchObject({ code: outcome });
    }
  });
});

describe('an identity without an account', () => {
  it('needs an address that the provider shares', async () => {
    upstream.person = { sub: 'nobody’s address' };
    expect(await signInAsApp(new Browser(app))).toMatchObject({ body: { code: 'provider_email_missing' } });
    upstream.person = { sub: 'not an address', email: 'not an address', email_verified: true };
    expect(await signInAsApp(new Browser(app))).toMatchObject({ body: { code: 'provider_email_missing' } });
  });

  it('gets none while registration is closed, and creates nothing (attack: a provider as the way around REGISTRATION)', async () => {
    const closed = await startAppForTest({ env: { ...corpSettings(upstream), REGISTRATION: 'closed' } });
    const signIn = () => signInAsApp(new Browser(closed));
    for (const says of ['verified', 'unverified', 'nothing'] as const) {
      const email = newEmail();
      upstream.person = saying(says, email);
      expect(await signIn()).toMatchObject({ status: 403, body: { code: 'registration_closed' } });
      const stored = 'SELECT id FROM users WHERE email = $1 UNION ALL SELECT id FROM identities WHERE subject = $1';
      expect(await closed.db.query(stored, [email])).toEqual([]);
    }
    // Who has an account still signs in.
    const email = newEmail();
    const id = await insertAccount(email, ['verified', 'proven', 'password', 'no factor', 'enabled', ''], closed);
    upstream.person = saying('verified', email);
    expect((await signIn()).body.user).toMatchObject({ id });
    expect((await signIn()).body.user).toMatchObject({ id });
  });

  it('gets none of an address that only looks like another (attack: look-alikes and other spellings)', async () => {
    const email = newEmail();
    await insertAccount(email, ['verified', 'proven', 'password', 'no factor', 'enabled', '']);
    upstream.person = { sub: 'look-alike', email: email.replace('e', '\u0435'), email_verified: true };
    expect(await signInAsApp(new Browser(app))).toMatchObject({ body: { code: 'provider_email_missing' } });
  });
});
