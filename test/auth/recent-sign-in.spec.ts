import { Controller, Get } from '@nestjs/common';
import { RequireAuth } from '#pawl/nest/decorators/require-auth.js';
import { AccessTokens } from '../../src/tokens/access-token.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
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

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ controllers: [DangerousController] });
});
afterAll(() => app.close());

describe('@RequireAuth, which stops a thief who has found a session that is still signed in', () => {
  it('accepts a sign-in within maxAgeSeconds, and refuses an older one, however fresh the token is', async () => {
    const { user, access_token: token, refresh_token: refreshToken } = await register(app);
    expect((await call(app, 'GET', '/dangerous', { token })).status).toBe(200);
    app.clock.advanceSeconds(299);
    expect((await call(app, 'GET', '/dangerous', { token })).status).toBe(200);
    app.clock.advanceSeconds(2);
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

  it('does not count a sign-in from the future as recent, as after a clock was set back (attack: waiting for it to become so)', async () => {
    app.clock.advanceSeconds(120);
    const { user, access_token: token } = await register(app);
    app.clock.advanceSeconds(-60);
    expect((await call(app, 'GET', '/dangerous', { token })).status).toBe(200); // clocks may differ a little
    app.clock.advanceSeconds(-60);
    await expectProblem(call(app, 'GET', '/dangerous', { token }), 401, 'insufficient_user_authentication');
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
    const service = app.nest.get(AccessTokens, { strict: false });
    const { token } = service.issueToService({ clientId: 'billing', role: 'admin', scope: '' });
    await expectProblem(call(app, 'GET', '/dangerous', { token }), 403, 'user_required');
  });
});
