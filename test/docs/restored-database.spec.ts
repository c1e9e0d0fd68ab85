import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApp } from '../support/app.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem, login, refresh, register } from '../support/http.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/deployment.md'), 'utf8');
const sql = /^BEGIN;$[\s\S]+^COMMIT;$/m.exec(text)![0];

it('the statements of docs/deployment.md end everything that a restored database would let in again', async () => {
  const database = await createTestDatabase();
  try {
    const before = await startApp({ database });
    const tokens = await register(before);
    await before.close();

    await database.query(sql);
    const after = await startApp({ database });
    await expectProblem(call(after, 'GET', '/auth/me', { token: tokens.access_token }), 401, 'token_revoked');
    await expectProblem(refresh(after, tokens.refresh_token), 401, 'session_revoked');
    const { access_token } = await login(after, tokens.user.email);
    expect((await call(after, 'GET', '/auth/me', { token: access_token })).status).toBe(200);
    await after.close();
  } finally {
    await database.drop();
  }
});
