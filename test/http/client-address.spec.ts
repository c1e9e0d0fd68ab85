import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, goodPassword, login, makeAdmin, newEmail, register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

const apps = new Map<string, TestApp>();

afterAll(() => Promise.all([...apps.values()].map((app) => app.close())));

async function appThatTrusts(trustProxy: string): Promise<TestApp> {
  const app = apps.get(trustProxy) ?? (await startApp({ env: { TRUST_PROXY: trustProxy } }));
  apps.set(trustProxy, app);
  return app;
}

/** The address that a session keeps, of a registration with these headers. */
async function addressOf(trustProxy: string, forwardedFor: string | undefined, userAgent?: string) {
  const app = await appThatTrusts(trustProxy);
  const headers = [
    ['Content-Type', 'application/json'],
    ...(forwardedFor === undefined ? [] : [['X-Forwarded-For', forwardedFor] as const]),
    ...(userAgent === undefined ? [] : [['User-Agent', userAgent] as const]),
    ['X-Real-IP', '192.0.2.66'],
    ['Forwarded', 'for=192.0.2.67'],
    ['X-Forwarded-Host', 'evil.example'],
  ] as const;
  const body = JSON.stringify({ email: newEmail(), password: goodPassword });
  const { status } = await rawCall(app, { method: 'POST', path: '/auth/register', headers, body });
  const [session] = await app.db.query<{ ip: string; user_agent: string | null }>(
    'SELECT ip, user_agent FROM sessions ORDER BY created_at DESC LIMIT 1',
  );
  return { status, ip: session?.ip, userAgent: session?.user_agent };
}

describe('the address of a client', () => {
  it.each([
    ['no TRUST_PROXY: what the client says of itself is not believed', '', '203.0.113.1', '127.0.0.1'],
    ['one proxy, which forwards the client', '1', '203.0.113.1', '203.0.113.1'],
    ['one proxy: what the client added to the left is not believed', '1', '198.51.100.7, 203.0.113.1', '203.0.113.1'],
    ['two proxies', '2', '198.51.100.7, 203.0.113.1, 10.0.0.5', '203.0.113.1'],
    ['proxies by their addresses', '127.0.0.1,10.0.0.0/8', '198.51.100.7, 203.0.113.1, 10.0.0.5', '203.0.113.1'],
    ['a proxy that is not listed', '10.0.0.0/8', '203.0.113.1', '127.0.0.1'],
    ['one proxy that says nothing', '1', undefined, '127.0.0.1'],
    ['one proxy, IPv6', '1', '2001:db8::1', '2001:db8::1'],
    ['one proxy that forwards text that is not an address', '1', 'unknown', '127.0.0.1'],
    ['one proxy that forwards a long text', '1', 'x'.repeat(2000), '127.0.0.1'],
    ['one proxy that writes the port', '1', '203.0.113.9:4711', '203.0.113.9'],
    ['one proxy that writes brackets', '1', '[2001:db8::1]', '2001:db8::1'],
    ['one proxy that writes brackets and the port', '1', '[2001:db8::1]:443', '2001:db8::1'],
    ['one proxy that writes quotes', '1', '"[2001:db8::1]:443"', '2001:db8::1'],
    ['one proxy that maps IPv4 to IPv6', '1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['one proxy that maps IPv4 to IPv6, with the port', '1', '[::ffff:203.0.113.9]:4711', '203.0.113.9'],
    ['two proxies that write ports', '2', '198.51.100.7:1, 203.0.113.1:2, 10.0.0.5:3', '203.0.113.1'],
    [
      'listed proxies that write ports',
      '127.0.0.1,10.0.0.0/8',
      '198.51.100.7, 203.0.113.1:2, 10.0.0.5:3',
      '203.0.113.1',
    ],
    ['listed proxies that write brackets', '127.0.0.1,fd00::/8', '203.0.113.1, [fd00::5]:443', '203.0.113.1'],
    ['no TRUST_PROXY: an address with a port is not believed either', '', '203.0.113.9:4711', '127.0.0.1'],
    ['one proxy that forwards a port without an address', '1', ':4711', '127.0.0.1'],
    ['one proxy that forwards empty entries', '1', ',,', '127.0.0.1'],
    ['one proxy that ends its list with a comma', '1', '198.51.100.7, 203.0.113.9,', '203.0.113.9'],
    ['two proxies with an empty element between them', '2', '198.51.100.7, 203.0.113.9, , 10.0.0.5', '203.0.113.9'],
    ['one proxy that forwards brackets that never close', '1', '[2001:db8::1', '127.0.0.1'],
    ['one proxy that forwards a zone without end', '1', `fe80::1%${'z'.repeat(200)}`, 'fe80::1'],
  ])('%s', async (_, trustProxy, forwardedFor, ip) => {
    expect(await addressOf(trustProxy, forwardedFor)).toMatchObject({ status: 201, ip });
  });
});

it('the audit trail names an admin by a valid address (attack: a forwarded text of any length)', async () => {
  const app = await appThatTrusts('1');
  const { user } = await register(app);
  const { access_token: token } = await makeAdmin(app);
  for (const forwarded of ['x'.repeat(60), `fe80::1%${'z'.repeat(60)}`]) {
    const headers = [
      ['Authorization', `Bearer ${token}`],
      ['Content-Type', 'application/json'],
      ['X-Forwarded-For', forwarded],
    ] as const;
    const body = JSON.stringify({ name: `renamed by ${forwarded.length}` });
    expect((await rawCall(app, { method: 'PATCH', path: `/users/${user.id}`, headers, body })).status).toBe(200);
  }
  const rows = await app.db.query<{ ip: string }>(
    `SELECT ip FROM audit_events WHERE event = 'user.renamed' AND subject_user_id = $1 ORDER BY id`,
    [user.id],
  );
  expect(rows).toEqual([{ ip: '127.0.0.1' }, { ip: 'fe80::1' }]);
});

describe('a proxy that makes all its clients count as one', () => {
  /** The warnings of an instance after requests with these headers, one after the other. */
  async function warningsAfter(trustProxy: string, ...requests: Record<string, string>[]): Promise<string[]> {
    const log = recordingDestination();
    const app = await startAppForTest({
      env: { TRUST_PROXY: trustProxy, LOG_LEVEL: 'warn' },
      logDestination: log,
    });
    for (const headers of requests) await call(app, 'GET', '/health/live', { headers });
    return log
      .entries<{ msg: string }>()
      .map(({ msg }) => msg)
      .filter((msg) => msg.includes('TRUST_PROXY'));
  }

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])('is logged once, by its header %s', async (header) => {
    const headers = { [header]: '203.0.113.1' };
    const warnings = await warningsAfter('', {}, headers, headers);
    expect(warnings).toEqual([expect.stringContaining(`A request came with ${header}, but TRUST_PROXY is not set`)]);
  });

  it('is logged once when it forwards something that is not an address', async () => {
    const headers = { 'x-forwarded-for': 'unknown' };
    const warnings = await warningsAfter('1', headers, headers);
    expect(warnings).toEqual([expect.stringContaining('something that is not an address')]);
  });

  it.each(['forwarded', 'x-real-ip', 'cf-connecting-ip'])(
    'is logged once when it names clients in %s only, which is not read',
    async (header) => {
      const headers = { [header]: '203.0.113.1' };
      const warnings = await warningsAfter('1', headers, headers, { ...headers, 'x-forwarded-for': '203.0.113.1' });
      expect(warnings).toEqual([expect.stringContaining(`A request came with ${header} but without X-Forwarded-For`)]);
    },
  );

  it('is not logged when it forwards addresses to an instance that trusts it', async () => {
    expect(await warningsAfter('1', {}, { 'x-forwarded-for': '[2001:db8::1]:443' })).toEqual([]);
  });
});

describe('the user agent of a session', () => {
  it.each([
    ['is kept', 'Mozilla/5.0', 'Mozilla/5.0'],
    ['is kept to 512 characters', 'x'.repeat(600), 'x'.repeat(512)],
    ['is null when there is none', undefined, null],
  ])('%s', async (_, sent, kept) => {
    expect(await addressOf('', undefined, sent)).toMatchObject({ status: 201, userAgent: kept });
  });

  it('in bytes that are not text is stored as far as possible, and the request succeeds', async () => {
    const app = await appThatTrusts('');
    const { user } = await register(app);
    const headers = [
      ['Content-Type', 'application/json'],
      ['User-Agent', '\xff\xfe\x80 \xe9'],
    ] as const;
    const body = JSON.stringify({ email: user.email, password: goodPassword });
    expect((await rawCall(app, { method: 'POST', path: '/auth/login', headers, body })).status).toBe(200);
    const { access_token: token } = await login(app, user.email);
    expect((await call(app, 'GET', '/auth/sessions', { token })).status).toBe(200);
  });
});
