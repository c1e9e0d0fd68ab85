import type { TestApp } from '../../../test/support/app.js';
import { startApp } from '../../../test/support/app.js';
import { call, expectStatus, goodPassword, login, newEmail, register } from '../../../test/support/http.js';
import { until } from '../../../test/support/until.js';
import type { Pawl, PawlOptions, PawlStorage, Session } from '../src/index.js';
import { createPawl, unwrap } from '../src/index.js';
import type { HeldSession } from '../src/session.js';
import { memoryStorage } from '../src/storage.js';
import type { Network } from './network.js';
import { newNetwork } from './network.js';

const accessTokenLifeSeconds = 15 * 60;

let app: TestApp;
let network: Network;
beforeAll(async () => (app = await startApp()));
beforeEach(() => (network = newNetwork()));
afterAll(() => app.close());

/** Each has a storage of its own, unless one is given. */
function newPawl(options: Partial<PawlOptions> = {}): Pawl {
  return createPawl({ url: app.url, mode: 'bearer', storage: memoryStorage(), fetch: network.fetch, ...options });
}

async function signedIn(options?: Partial<PawlOptions>): Promise<Pawl> {
  const pawl = newPawl(options);
  await pawl.register({ email: newEmail(), password: goodPassword });
  return pawl;
}

const me = (pawl: Pawl) => pawl.fetch('/auth/me').then(({ status }) => status);

/** As the user does on another device. */
async function endSession(id: string, email: string): Promise<void> {
  const { access_token: token } = await login(app, email);
  await expectStatus(call(app, 'DELETE', `/auth/sessions/${id}`, { token }), 204);
}

async function reuses(): Promise<number> {
  const [row] = await app.db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM audit_events WHERE event = 'session.reused'`,
  );
  return row!.count;
}

describe('a session', () => {
  it('starts with a registration or a sign-in, and ends with a sign-out', async () => {
    const [pawl, email] = [newPawl(), newEmail()];
    expect(await pawl.session()).toBeNull();
    const registered = await pawl.register({ email, password: goodPassword, name: 'Ada' });
    expect(registered).toMatchObject({ session: { user: { email, name: 'Ada' } } });
    expect(await pawl.session()).toMatchObject({ user: { email } });
    await pawl.signOut();
    expect(await pawl.session()).toBeNull();
    expect(await me(pawl)).toBe(401);
    expect(await pawl.signIn({ email, password: goodPassword })).toMatchObject({ session: { user: { email } } });
    expect(await me(pawl)).toBe(200);
  });

  it('goes on in the next process that has the same storage', async () => {
    const storage = memoryStorage();
    const first = await signedIn({ storage });
    const second = newPawl({ storage });
    expect(await second.session()).toEqual(await first.session());
    expect(await me(second)).toBe(200);
  });

  it('tells listeners who is signed in, once for each change', async () => {
    const [pawl, seen] = [newPawl(), [] as (Session | null)[]];
    const stop = pawl.onChange((session) => seen.push(session));
    await pawl.register({ email: newEmail(), password: goodPassword });
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    await me(pawl);
    await pawl.signOut();
    stop();
    await pawl.register({ email: newEmail(), password: goodPassword });
    expect(seen).toEqual([expect.objectContaining({ id: expect.any(String) }), null]);
  });

  it('shows the changed profile after a reload', async () => {
    const pawl = await signedIn();
    await unwrap(pawl.api.PATCH('/auth/me', { body: { name: 'Ada Lovelace' } }));
    expect((await pawl.session())?.user.name).toBeNull();
    expect((await pawl.session({ reload: true }))?.user.name).toBe('Ada Lovelace');
    expect((await pawl.session())?.user.name).toBe('Ada Lovelace');
  });

  it('goes on after a change of the password, which replaces its tokens', async () => {
    const storage = memoryStorage();
    const [pawl, otherTab] = [await signedIn({ storage }), newPawl({ storage })];
    const body = { current_password: goodPassword, new_password: 'another horse, another battery' };
    await unwrap(pawl.api.POST('/auth/password', { body }));
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    expect(await Promise.all([me(pawl), me(otherTab)])).toEqual([200, 200]);
  });

  it('ends everywhere if the user says so', async () => {
    const pawl = await signedIn();
    const { user } = (await pawl.session())!;
    const other = newPawl();
    await other.signIn({ email: user.email, password: goodPassword });
    await pawl.signOut({ everywhere: true });
    expect(await pawl.session()).toBeNull();
    expect(await me(other)).toBe(401);
    expect(await other.session()).toBeNull();
  });

  it('is forgotten at a sign-out even if the service cannot be reached', async () => {
    const storage = memoryStorage();
    const pawl = await signedIn({ storage });
    network.mishaps.set('/auth/logout', ['unsent']);
    await expect(pawl.signOut()).rejects.toMatchObject({ code: 'network_error' });
    expect(await pawl.session()).toBeNull();
    expect(storage.getItem(`pawl:${app.url}`)).toBeNull();
  });
});

describe('a refresh', () => {
  it('happens after a 401, once for calls that are refused together, and the calls are repeated', async () => {
    const pawl = await signedIn();
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const calls = Array.from({ length: 20 }, () => me(pawl));
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    expect(network.refreshes()).toEqual(['rotate']);
  });

  it('repeats the body of a refused call', async () => {
    const pawl = await signedIn();
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const note = await unwrap(pawl.api.POST('/notes', { body: { title: 'Twice sent, once written' } }));
    expect(note.title).toBe('Twice sent, once written');
    const { notes } = await unwrap(pawl.api.GET('/notes'));
    expect(notes).toHaveLength(1);
  });

  it('sends the same token again when its response was lost, or the service is busy', async () => {
    const pawl = await signedIn();
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', ['lose', new Response('', { status: 503 }), 'unsent', 'lose']);
    expect(await me(pawl)).toBe(200);
    expect(network.refreshes()).toEqual(['rotate', 'replay', 'replay']);
  });

  it('signs nobody out while the network is away, and goes on an hour later', async () => {
    const pawl = await signedIn();
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', ['lose', 'unsent', 'unsent', 'unsent', 'unsent', 'unsent']);
    await expect(pawl.fetch('/auth/me')).rejects.toMatchObject({ code: 'network_error' });
    expect(await pawl.session()).not.toBeNull();
    app.clock.advanceSeconds(60 * 60);
    expect(await me(pawl)).toBe(200);
    expect(network.refreshes()).toEqual(['rotate', 'recover']);
  });

  it.each([
    ['a captive portal', new Response('<h1>Welcome to the hotel</h1>', { status: 200 })],
    ['a proxy that wants a password', new Response('Unauthorized', { status: 401 })],
    ['a gateway', new Response('Bad Gateway', { status: 502 })],
  ])('signs nobody out because of a response of %s', async (_name, response) => {
    const pawl = await signedIn();
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', [response]);
    expect(await me(pawl)).toBe(200);
    expect(await pawl.session()).not.toBeNull();
  });

  it('that is asked to wait for long says so, and signs nobody out', async () => {
    const pawl = await signedIn();
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const busy = new Response(JSON.stringify({ code: 'rate_limited', detail: 'Later.' }), {
      status: 429,
      headers: { 'Retry-After': '60' },
    });
    network.mishaps.set('/auth/refresh', [busy]);
    await expect(pawl.fetch('/auth/me')).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 });
    expect(await me(pawl)).toBe(200);
  });

  it('that says the session has ended signs out', async () => {
    const pawl = await signedIn();
    const seen: (Session | null)[] = [];
    pawl.onChange((session) => seen.push(session));
    const { id, user } = (await pawl.session())!;
    await endSession(id, user.email);
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    expect(await me(pawl)).toBe(401);
    expect(await pawl.session()).toBeNull();
    expect(seen).toEqual([null]);
  });

  it('of several clients with one storage signs none of them out', async () => {
    const storage = memoryStorage();
    await signedIn({ storage });
    const tabs = Array.from({ length: 5 }, () => newPawl({ storage }));
    for (let round = 0; round < 3; round++) {
      app.clock.advanceSeconds(accessTokenLifeSeconds);
      const statuses = await Promise.all(tabs.flatMap((tab) => [me(tab), me(tab), me(tab)]));
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    expect(await reuses()).toBe(0);
  });
});

describe('a response that arrives late', () => {
  it('is not stored over newer tokens', async () => {
    const storage = memoryStorage();
    const slow = await signedIn({ storage });
    const fast = newPawl({ storage });
    const key = `pawl:${app.url}`;
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', [
      async () => {
        // Meanwhile another client has refreshed, and again after the grace time.
        expect(await me(fast)).toBe(200);
        app.clock.advanceSeconds(accessTokenLifeSeconds);
        expect(await me(fast)).toBe(200);
      },
    ]);
    expect(await me(slow)).toBe(200);
    const stored = storage.getItem(key);
    expect(await me(fast)).toBe(200);
    expect(storage.getItem(key)).toBe(stored);
    expect(network.refreshes().filter((verdict) => verdict === 'rotate')).toHaveLength(2);
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    expect(await me(slow)).toBe(200);
    expect(await reuses()).toBe(0);
  });

  it('does not bring a session back after the sign-out', async () => {
    const storage = memoryStorage();
    const pawl = await signedIn({ storage });
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', [() => pawl.signOut()]);
    expect(await me(pawl)).toBe(401);
    expect(storage.getItem(`pawl:${app.url}`)).toBeNull();
  });

  it('does not take the place of another user who has signed in meanwhile', async () => {
    const pawl = await signedIn();
    const other = await register(app);
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', [() => pawl.signIn({ email: other.user.email, password: goodPassword })]);
    await me(pawl);
    expect((await pawl.session())?.user.id).toBe(other.user.id);
    expect(await (await pawl.fetch('/auth/me')).json()).toMatchObject({ id: other.user.id });
  });

  it('does not take the place of another user who has signed in with the same storage (attack: a shared computer)', async () => {
    const storage = memoryStorage();
    const slow = await signedIn({ storage });
    const other = await register(app);
    const otherTab = newPawl({ storage });
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.set('/auth/refresh', [() => otherTab.signIn({ email: other.user.email, password: goodPassword })]);
    await me(slow);
    for (const tab of [slow, otherTab]) {
      expect((await tab.session())?.user.id).toBe(other.user.id);
      expect(await (await tab.fetch('/auth/me')).json()).toMatchObject({ id: other.user.id });
    }
  });

  it('of a refusal does not sign out a session that is newer', async () => {
    const storage = memoryStorage();
    const pawl = await signedIn({ storage });
    const { id, user } = (await pawl.session())!;
    await endSession(id, user.email);
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const otherTab = newPawl({ storage });
    network.mishaps.set('/auth/refresh', [() => otherTab.signIn({ email: user.email, password: goodPassword })]);
    expect(await me(pawl)).toBe(200);
    expect((await pawl.session())?.id).not.toBe(id);
  });
});

describe('a refusal', () => {
  /** Two tabs in cookie mode that know nobody is signed in. `release` lets the refusal of the refresh of `slow` arrive. */
  async function signedOutTabs() {
    Object.assign(globalThis, { location: { href: 'http://pawl.test/' } });
    let release = () => {};
    const refusal = new Promise<void>((resolve) => (release = resolve));
    let isRefreshing = false;
    const user = { id: 'u2', email: 'b@example.com', role: 'user' };
    const respond = async (path: string) => {
      if (path === '/auth/session') return Response.json({ user: null });
      if (path === '/auth/login')
        return Response.json({ token_type: 'Bearer', expires_in: 900, session_id: 's2', user });
      if (path === '/auth/me') return Response.json({ code: 'token_missing', status: 401 }, { status: 401 });
      isRefreshing = true;
      await refusal;
      return Response.json({ code: 'refresh_missing', status: 401 }, { status: 401 });
    };
    const fetch: typeof globalThis.fetch = (input, init) => respond(new URL(new Request(input, init).url).pathname);
    const [slow, other] = [0, 1].map(() => createPawl({ url: 'http://pawl.test', mode: 'cookie', fetch })) as [
      Pawl,
      Pawl,
    ];
    await Promise.all([slow.session(), other.session()]);
    const call = slow.fetch('/auth/me');
    await until(() => isRefreshing);
    return { slow, other, call, release };
  }

  afterEach(() => Reflect.deleteProperty(globalThis, 'location'));

  it('does not end the session that another tab has begun meanwhile (cookie mode)', async () => {
    const { slow, other, call, release } = await signedOutTabs();
    const heard = new Promise((resolve) => slow.onChange(resolve));
    await other.signIn({ email: 'b@example.com', password: goodPassword });
    await heard;
    release();
    await call;
    // What the refusal would have told the other tab arrives before this.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([(await slow.session())?.id, (await other.session())?.id]).toEqual(['s2', 's2']);
    slow.close();
    other.close();
  });

  it('does not end it either if it arrives before the news of that session (cookie mode)', async () => {
    const { slow, other, call, release } = await signedOutTabs();
    const heard = new Promise((resolve) => slow.onChange(resolve));
    release();
    await Promise.all([other.signIn({ email: 'b@example.com', password: goodPassword }), call, heard]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([(await slow.session())?.id, (await other.session())?.id]).toEqual(['s2', 's2']);
    slow.close();
    other.close();
  });
});

describe('the clock of the client', () => {
  const dayMs = 24 * 60 * 60_000;

  /** What is stored looks like this once the clock was set forward by `ms`, or back. */
  function setClockForward(storage: PawlStorage, ms: number): void {
    const key = `pawl:${app.url}`;
    const held = JSON.parse(storage.getItem(key)!) as HeldSession;
    storage.setItem(key, JSON.stringify({ ...held, accessExpiresAtMs: held.accessExpiresAtMs - ms }));
  }

  it.each([
    ['forward', dayMs],
    ['back', -dayMs],
  ])('may be set %s: one refresh, and nobody is signed out', async (_name, ms) => {
    const storage = memoryStorage();
    const pawl = await signedIn({ storage });
    setClockForward(storage, ms);
    expect(await Promise.all([me(pawl), me(pawl), me(pawl)])).toEqual([200, 200, 200]);
    expect(await me(pawl)).toBe(200);
    expect(network.refreshes()).toHaveLength(1);
  });

  it('refreshes ahead of the expiry, while calls go on', async () => {
    const storage = memoryStorage();
    const pawl = await signedIn({ storage });
    setClockForward(storage, (accessTokenLifeSeconds - 30) * 1000);
    expect(await Promise.all([me(pawl), me(pawl), me(pawl)])).toEqual([200, 200, 200]);
    await until(() => network.refreshes().length === 1);
    expect(network.log.slice(0, 3)).not.toContain('GET /auth/me 401');
    expect(await me(pawl)).toBe(200);
    expect(network.refreshes()).toHaveLength(1);
  });

  it('does not matter while a refresh ahead of the expiry fails: the token is still good', async () => {
    const storage = memoryStorage();
    const pawl = await signedIn({ storage });
    setClockForward(storage, (accessTokenLifeSeconds - 30) * 1000);
    network.mishaps.set('/auth/refresh', Array<'unsent'>(6).fill('unsent'));
    expect(await me(pawl)).toBe(200);
    expect(await pawl.session()).not.toBeNull();
  });
});

describe('the device token', () => {
  it('is kept when the user signs out, and sent with the next sign-in', async () => {
    const limited = await startApp({ env: { RATE_LIMITS: 'on' } });
    try {
      const [pawl, email] = [newPawl({ url: limited.url }), newEmail()];
      await pawl.register({ email, password: goodPassword });
      await pawl.signOut();
      await pawl.signIn({ email, password: goodPassword });
      expect(network.sent.get('/auth/login')!.get('Pawl-Device')).toMatch(/^pwd1_/);
    } finally {
      await limited.close();
    }
  });
});

describe('the access token', () => {
  it('goes to Pawl and to the origins of apis, and nowhere else', async () => {
    const foreign = await startApp();
    try {
      const pawl = await signedIn();
      await expect(pawl.fetch(`${foreign.url}/auth/me`)).rejects.toThrow('is not in apis');
      const withApi = await signedIn({ apis: [foreign.url] });
      // It is another service, so it refuses the token; it received it.
      await withApi.fetch(`${foreign.url}/auth/me`);
      expect(network.sent.get('/auth/me')!.get('Authorization')).toMatch(/^Bearer /);
      expect(await withApi.session()).not.toBeNull();
    } finally {
      await foreign.close();
    }
  });

  it('is not sent to a host that a path seems to name', async () => {
    const pawl = await signedIn();
    expect((await pawl.fetch('//evil.example/auth/me')).status).toBe(404);
  });
});

it('counts no reuse in any of these stories', async () => expect(await reuses()).toBe(0));
