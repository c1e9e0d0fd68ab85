import { until } from '../../../test/support/until.js';
import { memoryStorage } from '../src/storage.js';
import { gate, problem, scriptedService, tokensOf } from './scripted.js';

const credentials = { email: 'u1@example.com', password: 'right' };
const signedOut = () => new Response(null, { status: 204 });

/** Lets everything happen that waits for nothing else. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('in cookie mode, a refresh that overlaps with', () => {
  it.each([
    ['the sign-out', {}],
    ['the sign-out everywhere', { everywhere: true }],
  ])('%s does not bring the session back', async (_name, options) => {
    const { opened, open } = gate();
    const service = scriptedService({
      '/auth/login': () => tokensOf(1),
      '/notes': () => problem(401, 'token_expired'),
      '/auth/refresh': async () => (await opened, tokensOf(1)),
      '/auth/logout': () => startCall(),
      '/auth/logout-all': () => startCall(),
      '/auth/session': () => Response.json({ user: null }),
    });
    const pawl = service.newPawl({ mode: 'cookie' });
    const calls: Promise<unknown>[] = [];
    const startCall = async () => {
      calls.push(pawl.fetch('/notes'));
      await settled();
      return signedOut();
    };
    await pawl.signIn(credentials);
    await pawl.signOut(options);
    open();
    await Promise.all(calls);
    expect(await pawl.session()).toBeNull();
  });

  it('a sign-in as another user waits for it, so that the older cookies are not set last', async () => {
    let signIns = 0;
    const calls: Promise<Response>[] = [];
    const service = scriptedService({
      '/auth/login': async () => {
        if (signIns++ > 0) calls.push(pawl.fetch('/notes', { method: 'POST' }));
        await settled();
        return tokensOf(signIns);
      },
      '/notes': () => problem(401, 'token_expired'),
      '/auth/refresh': () => tokensOf(1),
    });
    const pawl = service.newPawl({ mode: 'cookie' });
    await pawl.signIn(credentials);
    await pawl.signIn(credentials);
    expect((await pawl.session())?.id).toBe('s2');
    // It was a call of the first user, so it is not made as the second one.
    expect((await calls[0])?.status).toBe(401);
    expect(service.received).not.toContain('POST /auth/refresh');
  });

  it('nothing: what the service says about a session that has ended is remembered', async () => {
    const service = scriptedService({
      '/auth/login': () => tokensOf(1, { expires_in: 0 }),
      '/auth/session': () => Response.json({ user: null }),
      '/auth/refresh': () => problem(401, 'refresh_missing'),
      '/public': () => Response.json({}),
    });
    const pawl = service.newPawl({ mode: 'cookie' });
    await pawl.signIn(credentials);
    expect(await pawl.session({ reload: true })).toBeNull();
    const { length } = service.received;
    await pawl.fetch('/public');
    expect(service.received.slice(length)).toEqual(['GET /public']);
  });
});

describe('in cookie mode, of two tabs', () => {
  beforeEach(() => Object.assign(globalThis, { location: { href: 'http://pawl.test/' } }));
  afterEach(() => Reflect.deleteProperty(globalThis, 'location'));

  /** Two tabs of the first user, and a service whose next responses wait. */
  async function startTabs() {
    let signIns = 0;
    const [login, refresh] = [gate(), gate()];
    const service = scriptedService({
      '/auth/login': async () => {
        if (signIns++ > 0) await login.opened;
        return tokensOf(signIns);
      },
      '/auth/refresh': async () => (await refresh.opened, tokensOf(1)),
      '/notes': () => problem(401, 'token_expired'),
    });
    const here = service.newPawl({ mode: 'cookie' });
    const there = service.newPawl({ mode: 'cookie' });
    const known = new Promise((resolve) => there.onChange(resolve));
    await here.signIn(credentials);
    await known;
    const count = (path: string) => service.received.filter((each) => each === `POST ${path}`).length;
    return { here, there, login, refresh, count };
  }

  it('a sign-in in one waits for the refresh of the other, so that the older cookies are not set last', async () => {
    const { here, there, login, refresh, count } = await startTabs();
    login.open();
    const call = there.fetch('/notes');
    await until(() => count('/auth/refresh') === 1);
    await settled();
    const signIn = here.signIn(credentials);
    await settled();
    expect(count('/auth/login')).toBe(1);
    refresh.open();
    await Promise.all([signIn, call]);
    expect(count('/auth/login')).toBe(2);
    expect((await here.session())?.id).toBe('s2');
    here.close();
    there.close();
  });

  it('a refresh in one waits for the sign-in of the other, and is not needed then', async () => {
    const { here, there, login, refresh, count } = await startTabs();
    refresh.open();
    const signIn = here.signIn(credentials);
    await until(() => count('/auth/login') === 2);
    const call = there.fetch('/notes');
    await settled();
    login.open();
    // It was a call of the first user.
    expect((await call).status).toBe(401);
    await signIn;
    expect(count('/auth/refresh')).toBe(0);
    expect((await there.session())?.id).toBe('s2');
    here.close();
    there.close();
  });
});

describe('in bearer mode', () => {
  it('a call of one user is not repeated as another who signs in during the refresh (attack: a shared computer)', async () => {
    let signIns = 0;
    const authorized: (string | null)[] = [];
    const service = scriptedService({
      '/auth/login': () => tokensOf(++signIns),
      '/notes': ({ headers }) => {
        authorized.push(headers.get('Authorization'));
        return problem(401, 'token_expired');
      },
      '/auth/refresh': async () => {
        await pawl.signIn(credentials);
        return tokensOf(1);
      },
    });
    const pawl = service.newPawl();
    await pawl.signIn(credentials);
    expect((await pawl.fetch('/notes', { method: 'POST', body: 'of the first user' })).status).toBe(401);
    expect(authorized).toEqual(['Bearer access-1']);
    expect((await pawl.session())?.id).toBe('s2');
  });

  it('a sign-in that is refused does not fail the calls that wait for a refresh', async () => {
    let refreshes = 0;
    const service = scriptedService({
      '/auth/link/login': () => tokensOf(1),
      '/auth/login': () => problem(401, 'invalid_credentials'),
      '/notes': ({ headers }) =>
        headers.get('Authorization') === 'Bearer newer' ? Response.json([]) : problem(401, 'token_expired'),
      '/auth/refresh': async () => {
        if (refreshes++ === 0) await pawl.signIn(credentials).catch(() => undefined);
        return tokensOf(1, { access_token: 'newer' });
      },
    });
    const pawl = service.newPawl();
    await pawl.signIn({ token: 'of-a-link' });
    const calls = await Promise.all([pawl.fetch('/notes'), pawl.fetch('/notes')]);
    expect(calls.map(({ status }) => status)).toEqual([200, 200]);
    expect(refreshes).toBe(2);
  });

  it('the response to a step-up is not stored in the session of another user who has signed in meanwhile', async () => {
    let signIns = 0;
    const service = scriptedService({
      '/auth/login': () => tokensOf(++signIns),
      '/auth/step-up': async () => {
        await otherTab.signIn(credentials);
        return Response.json({ access_token: 'stepped-up', token_type: 'Bearer', expires_in: 900 });
      },
    });
    const storage = memoryStorage();
    const [pawl, otherTab] = [service.newPawl({ storage }), service.newPawl({ storage })];
    await pawl.signIn(credentials);
    await pawl.fetch('/auth/step-up', { method: 'POST' });
    expect(storage.getItem('pawl:http://pawl.test')).not.toContain('stepped-up');
    expect(storage.getItem('pawl:http://pawl.test')).toContain('access-2');
  });

  it('the result of a sign-in holds no tokens', async () => {
    const pawl = scriptedService({ '/auth/login': () => tokensOf(1) }).newPawl();
    const result = await pawl.signIn(credentials);
    expect(Object.keys(result)).toEqual(['session']);
    expect(JSON.stringify([result, await pawl.session()])).not.toMatch(/access-1|refresh-1/);
  });
});

describe('a response of a captive portal', () => {
  const portals = ['<h1>Welcome to the hotel</h1>', '{}', 'null', '[]'];

  it.each(portals)('%s is an error, and changes nothing', async (body) => {
    const portal = () => new Response(body);
    const service = scriptedService({
      '/auth/link/login': () => tokensOf(1),
      '/auth/login': portal,
      '/auth/register': portal,
      '/auth/passkeys/options': portal,
      '/auth/session': portal,
      '/auth/me': portal,
      '/auth/logout': portal,
    });
    const error = { name: 'PawlError', code: 'unexpected_response', status: 200 };
    for (const mode of ['cookie', 'bearer'] as const) {
      const pawl = service.newPawl({ mode });
      await expect(pawl.signIn(credentials)).rejects.toMatchObject(error);
      await expect(pawl.register(credentials)).rejects.toMatchObject(error);
      await expect(pawl.signIn({ passkey: async () => 'asserted' })).rejects.toMatchObject(error);
      if (mode === 'cookie') await expect(pawl.session()).rejects.toMatchObject(error);
      await pawl.signIn({ token: 'of-a-link' });
      await expect(pawl.session({ reload: true })).rejects.toMatchObject(error);
      expect((await pawl.session())?.id).toBe('s1');
      await expect(pawl.signOut()).rejects.toMatchObject(error);
      // Cookies are cleared by the service only.
      expect((await pawl.session())?.id).toBe(mode === 'cookie' ? 's1' : undefined);
    }
  });
});
