import { corpSettings, startUpstream } from '../identities/upstream.js';
import type { StartOptions } from '../support/app.js';
import { afterThisTest } from '../support/cleanup.js';
import { newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { retainedMegabytes } from './heap.js';
import type { FuzzOptions, FuzzResult } from './run.js';
import { fuzz } from './run.js';

/** `npm run test:fuzz` sends more. FUZZ_SEED repeats a run, and FUZZ_ONLY keeps to the operations that have it in their names. */
const requests = Number(process.env.FUZZ_REQUESTS ?? 800);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1_000_000));
const only = process.env.FUZZ_ONLY;
const isLong = requests > 10_000;
const timeoutMs = 5 * 60_000 + requests * 500;

/** Every limit of an address at one an hour: whatever an anonymous caller can create has an end. */
const limits = Object.fromEntries(
  [
    ...['ACCOUNT_FAILURES', 'ADDRESS_FAILURES', 'SIGN_INS', 'REGISTER', 'FORGOT', 'RESEND', 'LINK', 'PASSKEYS'],
    ...['REFRESH', 'PROVIDERS', 'CLIENT_FAILURES', 'ACCOUNT_CHANGES'],
  ].map((name) => [`LIMIT_${name}`, '1/1h']),
);
/** Of a table, however many requests there are. */
const maxAnonymousRows = 25;
/** Caches fill up, and stay below their bounds. */
const maxRetainedMegabytes = 40;

async function start(options: StartOptions = {}) {
  const upstream = await startUpstream({ sub: 'somebody', email: newEmail(), email_verified: true });
  afterThisTest(() => upstream.close());
  const env = { ...corpSettings(upstream, { PROVIDER_CORP_KEEP_TOKENS: 'on' }), ...options.env };
  return { app: await startAppForTest({ ...options, env }), upstream };
}

/** Fails with the seed and everything that was found. */
function expectNoFindings({ findings, requests: sent, statuses }: FuzzResult): void {
  if (isLong) console.log(`FUZZ_SEED=${seed}: ${sent} requests, by status ${JSON.stringify(statuses)}`);
  expect({ seed, findings }).toEqual({ seed, findings: [] });
}

it(
  `every response to any request is one that the OpenAPI document declares, and every operation succeeds${isLong ? ', and the heap does not grow' : ''}`,
  async () => {
    const { app, upstream } = await start();
    const retained: number[] = [];
    const options: FuzzOptions = { requests, seed, only, upstream };
    if (isLong) {
      options.afterRound = (round) => {
        if (round % 20 === 0) retained.push(retainedMegabytes());
      };
    }
    const result = await fuzz(app, options);
    expectNoFindings(result);
    expect({ seed, neverSucceeded: result.neverSucceeded }).toEqual({ seed, neverSucceeded: [] });
    // The first quarter fills the caches.
    const settled = retained.slice(retained.length >> 2);
    if (isLong) console.log(`Retained MB: ${retained.map(Math.round).join(' ')}`);
    if (isLong) expect(settled.length).toBeGreaterThan(1);
    for (const megabytes of settled) expect(megabytes - settled[0]!).toBeLessThan(maxRetainedMegabytes);
  },
  timeoutMs,
);

it(
  'an anonymous caller creates no rows without end, and every 429 is as documented',
  async () => {
    const { app: signInAt } = await start();
    const { db: database, clock } = signInAt;
    const { app } = await start({ database, clock, env: { RATE_LIMITS: 'on', ...limits } });
    const countRows = async () => {
      const tables = await app.db.query<{ name: string }>(
        `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
      );
      const counts = await Promise.all(
        tables.map(async ({ name }) => {
          const [row] = await app.db.query<{ count: number }>(`SELECT count(*)::int AS count FROM "${name}"`);
          return [name, row!.count] as const;
        }),
      );
      return Object.fromEntries(counts);
    };
    const result = await fuzz(app, { requests, seed, only, isAnonymous: true, signInAt });
    expectNoFindings(result);
    if (!only) expect(result.statuses[429]).toBeGreaterThan(0);
    for (const [table, rows] of Object.entries(await countRows())) {
      expect({ seed, table, rows: rows <= maxAnonymousRows || rows }).toEqual({ seed, table, rows: true });
    }
  },
  timeoutMs,
);
