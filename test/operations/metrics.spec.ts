import { proxyHeaders } from '../../src/common/loopback.js';
import type { AppUser } from '../factors/factor-story.js';
import { codeOf, firstFactor, registerWithApp, respond } from '../factors/factor-story.js';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, refresh, register } from '../support/http.js';
import { metric, scrape } from '../support/metrics.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** How much a series grew while something was done. */
async function growth(series: string, work: () => Promise<unknown>): Promise<number> {
  const before = (await metric(app, series)) ?? 0;
  await work();
  return ((await metric(app, series)) ?? 0) - before;
}

describe('GET /metrics', () => {
  it('is the text format of Prometheus, with a HELP and a TYPE for each metric, and is not stored', async () => {
    const { status, headers, body } = await call(app, 'GET', '/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    const lines = (body as string).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) expect(line).toMatch(/^[a-z_0-9]+(\{[^}]*\})? \S+$/);
    expect(body).toContain('# TYPE pawl_sign_ins_total counter');
    expect(body).toContain('# TYPE process_cpu_seconds_total counter');
  });

  it('counts sign-ins by result', async () => {
    const { user } = await register(app);
    const series = (result: string) => `pawl_sign_ins_total{result="${result}"}`;
    expect(await growth(series('success'), () => login(app, user.email))).toBe(1);
    const wrong = (email: string) =>
      call(app, 'POST', '/auth/login', { body: { email, password: 'a wrong password' } });
    expect(await growth(series('invalid_credentials'), () => wrong(user.email))).toBe(1);
    expect(await growth(series('invalid_credentials'), () => wrong('nobody@example.com'))).toBe(1);
    await app.db.query('UPDATE users SET disabled = true WHERE id = $1', [user.id]);
    const disabled = () => call(app, 'POST', '/auth/login', { body: { email: user.email, password: goodPassword } });
    expect(await growth(series('account_disabled'), disabled)).toBe(1);
  });

  it('counts sign-ins by way, and second factors by kind, every series starting at zero', async () => {
    const way = (name: string, result: string) => `pawl_sign_ins_by_way_total{way="${name}",result="${result}"}`;
    const response = (purpose: string, factor: string, result: string) =>
      `pawl_second_factor_responses_total{purpose="${purpose}",factor="${factor}",result="${result}"}`;
    const change = (name: string, factor: string) => `pawl_factor_changes_total{change="${name}",factor="${factor}"}`;
    for (const series of [
      way('email', 'success'),
      response('sign_in', 'passkey', 'success'),
      change('removed', 'totp'),
    ]) {
      expect(await metric(app, series)).toBe(0);
    }
    let user!: AppUser;
    expect(await growth(change('added', 'totp'), async () => (user = await registerWithApp(app)))).toBe(1);
    let challenge = '';
    const first = async () => ({ challenge } = await firstFactor(app, user.email));
    expect(await growth(way('password', 'second_factor_required'), first)).toBe(1);
    const wrong = () => respond(app, { challenge, code: codeOf(user, app, 40) });
    expect(await growth(response('sign_in', 'totp', 'factor_invalid'), wrong)).toBe(1);
    expect(await growth(way('second_factor', 'factor_invalid'), wrong)).toBe(1);
    const recover = () => respond(app, { challenge, recovery_code: user.recoveryCodes[0] });
    expect(await growth(response('sign_in', 'recovery_code', 'success'), recover)).toBe(1);
    const { access_token: token } = user.tokens;
    const stepUp = (body: object) => call(app, 'POST', '/auth/step-up', { token, body });
    expect(await growth(response('step_up', 'totp', 'success'), () => stepUp({ code: codeOf(user, app) }))).toBe(1);
    expect(
      await growth(way('password', 'success'), () => register(app).then(() => stepUp({ password: goodPassword }))),
    ).toBe(0);
    const { body } = await call(app, 'GET', '/auth/factors', { token });
    const remove = () => call(app, 'DELETE', `/auth/factors/${body.factors[0].id}`, { token });
    expect(await growth(change('removed', 'totp'), remove)).toBe(1);
    await call(app, 'POST', '/auth/link', { body: { email: user.email } });
    const link = tokenIn((await mailsTo(app, user.email)).at(-1));
    const signIn = () => call(app, 'POST', '/auth/link/login', { body: { token: link } });
    expect(await growth(way('email', 'success'), signIn)).toBe(1);
  });

  it('counts refreshes by verdict, every verdict starting at zero', async () => {
    const series = (verdict: string) => `pawl_refreshes_total{verdict="${verdict}"}`;
    expect(await metric(app, series('ahead'))).toBe(0);
    const { refresh_token: first } = await register(app);
    let second = '';
    const rotate = async () => {
      second = (await expectStatus(refresh(app, first), 200)).refresh_token;
    };
    expect(await growth(series('rotate'), rotate)).toBe(1);
    expect(await growth(series('replay'), () => refresh(app, first))).toBe(1);
    expect(await growth(series('hold'), () => refresh(app, second))).toBe(1);
    expect(await growth(series('invalid'), () => refresh(app, 'nonsense'))).toBe(1);
    app.clock.advanceSeconds(60);
    expect(await growth(series('rotate'), () => refresh(app, second))).toBe(1);
    expect(await growth(series('reuse'), () => refresh(app, first))).toBe(1);
    expect(await growth(series('revoked'), () => refresh(app, second))).toBe(1);
  });

  it('counts the events of the audit trail', async () => {
    expect(await growth('pawl_audit_events_total{event="user.registered"}', () => register(app))).toBe(1);
    expect(await metric(app, 'pawl_audit_events_total{event="audit.dropped"}')).toBe(0);
  });

  it('measures requests under the template of their route: what a caller sends makes no series', async () => {
    const { access_token: token } = await register(app);
    const notes = (path: string, method = 'GET') => call(app, method, path, { token });
    const id = '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e';
    const count = (method: string, route: string, status: number) =>
      `pawl_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`;
    expect(await growth(count('GET', '/notes/:id', 404), () => notes(`/notes/${id}`))).toBe(1);
    expect(await growth(count('GET', '/notes', 200), () => notes('/notes?limit=7'))).toBe(1);
    expect(await growth(count('(any)', '(none)', 404), () => notes('/made-up-7f3a'))).toBe(1);
    expect(await growth(count('(any)', '(none)', 404), () => notes('/made-up-7f3a', 'PROPFIND'))).toBe(1);
    const text = await scrape(app);
    for (const sent of [id, 'made-up', 'limit=7', 'PROPFIND']) expect(text).not.toContain(sent);
  });

  it('shows the state of the queue, the feed, the keys and the pool', async () => {
    const waits = 'pawl_password_queue_wait_seconds_count';
    expect(await growth(waits, () => register(app))).toBe(1);
    expect(await metric(app, 'pawl_password_queue_waiting')).toBe(0);
    expect(await metric(app, 'pawl_password_queue_running')).toBe(0);
    expect(await metric(app, 'pawl_revocation_feed_up')).toBe(1);
    expect(await metric(app, 'pawl_revocation_feed_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(await metric(app, 'pawl_signing_key_usable')).toBe(1);
    expect(await metric(app, 'pawl_signing_keys{state="current"}')).toBe(1);
    expect(await metric(app, 'pawl_signing_keys{state="next"}')).toBe(1);
    expect(await metric(app, 'pawl_database_pool_size')).toBe(10);
    expect(await metric(app, 'pawl_database_pool_connections{state="idle"}')).toBeGreaterThanOrEqual(1);
    const age = (await metric(app, 'pawl_signing_key_age_seconds'))!;
    app.clock.advanceSeconds(100);
    expect((await metric(app, 'pawl_signing_key_age_seconds'))! - age).toBeGreaterThanOrEqual(100);
  });

  it('counts separately for two instances in one process', async () => {
    const other = await startAppForTest({ database: app.db });
    await register(other);
    expect(await metric(other, 'pawl_audit_events_total{event="user.registered"}')).toBe(1);
    expect(await growth('pawl_audit_events_total{event="user.registered"}', () => register(other))).toBe(0);
  });
});

describe('who may see metrics and the details of readiness', () => {
  const token = 'a-metrics-token-of-32-characters-at-least';
  const next = 'the-next-metrics-token-of-32-characters!';

  it('with METRICS_TOKEN: callers that send one of its values', async () => {
    const guarded = await startAppForTest({ database: app.db, env: { METRICS_TOKEN: `${next},${token}` } });
    const get = (path: string, presented?: string) => call(guarded, 'GET', path, { token: presented });
    await expectProblem(get('/metrics'), 401, 'token_missing');
    for (const wrong of ['x', `${token}x`, token.slice(0, -1), token.toUpperCase(), `${next},${token}`]) {
      await expectProblem(get('/metrics', wrong), 401, 'token_invalid');
      expect((await get('/health/ready', wrong)).body).toEqual({ status: 'ok' });
    }
    const { access_token } = await register(guarded);
    await expectProblem(get('/metrics', access_token), 401, 'token_invalid');
    for (const good of [token, next]) {
      expect((await get('/metrics', good)).status).toBe(200);
      expect((await get('/health/ready', good)).body.checks).toMatchObject({ database: 'up' });
    }
    expect((await get('/health/ready')).body).toEqual({ status: 'ok' });
  });

  it('without it: callers on this machine, under a name of this machine and through no proxy', async () => {
    expect((await call(app, 'GET', '/health/ready')).body.checks).toMatchObject({ database: 'up' });
    for (const header of proxyHeaders) {
      const headers = { [header]: 'for=127.0.0.1' };
      await expectProblem(call(app, 'GET', '/metrics', { headers }), 404, 'not_found');
      expect((await call(app, 'GET', '/health/ready', { headers })).body).toEqual({ status: 'ok' });
    }
    // What arrives over a forwarded TCP port has the name under which the port was reached.
    const headers = [['Host', 'dev.example.com:3000']] as const;
    await expectProblem(rawCall(app, { path: '/metrics', headers }), 404, 'not_found');
    expect((await rawCall(app, { path: '/health/ready', headers })).body).toEqual({ status: 'ok' });
  });

  it('without it in production: nobody', async () => {
    const production = await startAppForTest({ database: app.db, env: { NODE_ENV: 'production' } });
    await expectProblem(call(production, 'GET', '/metrics'), 404, 'not_found');
    await expectProblem(call(production, 'GET', '/metrics', { token: 'x' }), 404, 'not_found');
    expect((await call(production, 'GET', '/health/ready')).body).toEqual({ status: 'ok' });
  });
});
