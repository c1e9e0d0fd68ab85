import pg from 'pg';
import { newClient, serviceToken } from '../oauth/clients.js';
import { waitingForLocks } from '../sessions/line-up.js';
import { call, expectProblem, makeAdmin } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';

it('a stream is not opened if its token is revoked while the request waits (attack: a stream that outlives its token)', async () => {
  const app = await startAppForTest();
  const client = await newClient(app, await makeAdmin(app), { scope: 'revocations' });
  const token = await serviceToken(app, client);
  const { jti } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string };

  const holder = new pg.Client({ connectionString: app.db.url });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE revocations IN ACCESS EXCLUSIVE MODE');
  // A cursor that this instance does not know yet has it read the table, so the request waits for the lock.
  const headers = { 'last-event-id': '999999-q3Xk0y_1' };
  const waiting = call(app, 'GET', '/oauth/revocations', { token, headers });
  await until(async () => (await waitingForLocks(app.db)).length > 0);
  const revokedAt = new Date(app.clock.nowMs());
  await holder.query('INSERT INTO revocations (session_id, revoked_at) VALUES ($1, $2)', [jti, revokedAt]);
  await holder.query('COMMIT');
  await holder.end();

  await expectProblem(waiting, 401, 'token_revoked');
});
