import { startApp } from '../support/app.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem, register } from '../support/http.js';

it('a revoked token stays refused after ACCESS_TOKEN_TTL is shortened: a token older than the new lifetime has expired', async () => {
  const database = await createTestDatabase();
  const before = await startApp({ database, env: { ACCESS_TOKEN_TTL: '1d' } });
  const { access_token: token } = await register(before);
  await call(before, 'POST', '/auth/logout', { token });
  before.clock.advanceSeconds(3600);
  await expectProblem(call(before, 'GET', '/auth/me', { token }), 401, 'token_revoked');
  await before.close();

  const after = await startApp({ database, clock: before.clock, env: { ACCESS_TOKEN_TTL: '15m' } });
  await expectProblem(call(after, 'GET', '/auth/me', { token }), 401, 'token_expired');
  await after.close();
  await database.drop();
});
