import type { AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RequireAuth } from '#pawl/nest/decorators/require-auth.js';
import { AppModule } from '../../src/app.module.js';
import { Clock } from '../../src/common/clock.js';
import { loadConfig } from '../../src/config/config.js';
import { createAdapter, setUpHttp } from '../../src/http/adapter.js';
import { AccessTokens } from '../../src/tokens/access-token.js';
import { testEnv } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem, login, refresh, register } from '../support/http.js';

@Controller('dangerous')
@RequireAuth({ maxAgeSeconds: 300 })
class DangerousController {
  @Get()
  recent() {
    return {};
  }

  @Get('strong')
  @RequireAuth({ acr: 'aal2' })
  strong() {
    return {};
  }

  @Get('both')
  @RequireAuth({ acr: 'aal2', maxAgeSeconds: 60 })
  both() {
    return {};
  }
}

const clock = new Clock();
let database: TestDatabase;
let nest: NestFastifyApplication;
let app: { url: string };

beforeAll(async () => {
  database = await createTestDatabase();
  const config = loadConfig({ ...testEnv, DATABASE_URL: database.url, DATA_DIR: process.env.TEST_DATA_DIR });
  @Module({ imports: [AppModule.forRoot(config, clock)], controllers: [DangerousController] })
  class WithDangerousRoutes {}
  nest = await NestFactory.create<NestFastifyApplication>(WithDangerousRoutes, createAdapter(config), {
    bodyParser: false,
    logger: false,
  });
  await setUpHttp(nest.getHttpAdapter().getInstance(), config);
  await nest.listen(0, '127.0.0.1');
  app = { url: `http://127.0.0.1:${(nest.getHttpServer().address() as AddressInfo).port}` };
});
afterAll(async () => {
  await nest.close();
  await database.drop();
});

describe('@RequireAuth, which stops a thief who has found a session that is still signed in', () => {
  it('accepts a sign-in within maxAgeSeconds, and refuses an older one, however fresh the token is', async () => {
    const { user, access_token: token, refresh_token: refreshToken } = await register(app);
    expect((await call(app, 'GET', '/dangerous', { token })).status).toBe(200);
    clock.advanceSeconds(299);
    expect((await call(app, 'GET', '/dangerous', { token })).status).toBe(200);
    clock.advanceSeconds(2);
    const { body: refreshed } = await refresh(app, refreshToken);
    for (const stale of [token, refreshed.access_token]) {
      const problem = await expectProblem(
        call(app, 'GET', '/dangerous', { token: stale }),
        401,
        'insufficient_user_authentication',
      );
      // RFC 9470 section 3
      expect(problem.headers.get('www-authenticate')).toBe(
        'Bearer realm="pawl", error="insufficient_user_authentication", max_age="300"',
      );
    }
    expect((await call(app, 'GET', '/auth/me', { token })).status).toBe(200);
    const { access_token: again } = await login(app, user.email);
    expect((await call(app, 'GET', '/dangerous', { token: again })).status).toBe(200);
  });

  it('refuses one factor where two are asked for, and names the level', async () => {
    const { access_token: token } = await register(app);
    const strong = await expectProblem(
      call(app, 'GET', '/dangerous/strong', { token }),
      401,
      'insufficient_user_authentication',
    );
    expect(strong.headers.get('www-authenticate')).toMatch(/, acr_values="aal2"$/);
    const both = await call(app, 'GET', '/dangerous/both', { token });
    expect(both.headers.get('www-authenticate')).toMatch(/, acr_values="aal2", max_age="60"$/);
  });

  it('asks for a token first', async () => {
    await expectProblem(call(app, 'GET', '/dangerous/both'), 401, 'token_missing');
  });

  it('refuses services, which cannot confirm a sign-in', async () => {
    const service = nest.get(AccessTokens, { strict: false });
    const { token } = service.issueToService({ clientId: 'billing', role: 'admin', scope: '' });
    await expectProblem(call(app, 'GET', '/dangerous', { token }), 403, 'user_required');
  });
});
