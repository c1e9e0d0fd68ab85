import { jest } from '@jest/globals';
import type { Pawl, PawlStorage, Session } from '../src/index.js';
import { createPawl } from '../src/index.js';
import { createPawlServer } from '../src/server.js';
import { memoryStorage } from '../src/storage.js';
import { problem, scriptedService, tokensOf } from './scripted.js';

const credentials = { email: 'u1@example.com', password: 'right' };
const globals = globalThis as unknown as Record<string, unknown>;

/** Numbers the refresh tokens that it accepts: each counts until the next one was issued. */
function newService() {
  let generation = 0;
  const next = () => tokensOf(1, { refresh_token: `refresh-${++generation}`, access_token: `access-${generation}` });
  return scriptedService({
    '/auth/login': next,
    '/auth/logout': () => new Response(null, { status: 204 }),
    '/auth/refresh': async (request) => {
      const { refresh_token: token } = (await request.json()) as { refresh_token: string };
      return token === `refresh-${generation}` ? next() : problem(401, 'refresh_invalid');
    },
    '/auth/me': ({ headers }) =>
      headers.get('Authorization') === `Bearer access-${generation}`
        ? Response.json({ id: 'u1' })
        : problem(401, 'token_expired'),
    '/expire': () => Response.json({ expired: generation++ }),
  });
}

const forbid = () => {
  throw new DOMException('This is forbidden.', 'SecurityError');
};

describe('a storage', () => {
  const full = (): PawlStorage => ({ ...memoryStorage(), setItem: forbid });

  it.each<[string, () => PawlStorage]>([
    ['is full', full],
    ['allows nothing', () => ({ getItem: forbid, setItem: forbid, removeItem: forbid })],
    ['cannot remove', () => ({ ...full(), removeItem: forbid })],
  ])('that %s: the session is in memory, also after a refresh, until the sign-out', async (_name, newStorage) => {
    const pawl = newService().newPawl({ storage: newStorage() });
    const seen: (string | undefined)[] = [];
    pawl.onChange((session) => seen.push(session?.id));
    await pawl.signIn(credentials);
    expect((await pawl.fetch('/auth/me')).status).toBe(200);
    await pawl.signOut();
    expect(await pawl.session()).toBeNull();
    expect(seen).toEqual(['s1', undefined]);
  });

  it('that becomes full keeps the newest refresh token in memory, and another tab can still replace it', async () => {
    const [service, storage] = [newService(), memoryStorage()];
    const pawl = service.newPawl({ storage });
    await pawl.signIn(credentials);
    const setItem = storage.setItem.bind(storage);
    let newest = '';
    storage.setItem = (_key, value) => {
      newest = value;
      forbid();
    };
    const held = JSON.parse(storage.getItem('pawl:http://pawl.test')!) as object;
    setItem('pawl:http://pawl.test', JSON.stringify({ ...held, accessExpiresAtMs: 0 }));
    for (let call = 0; call < 3; call++) expect((await pawl.fetch('/auth/me')).status).toBe(200);
    expect(newest).toContain('refresh-2');
    setItem('pawl:http://pawl.test', newest.replace('"s1"', '"s2"'));
    expect((await pawl.session())?.id).toBe('s2');
  });

  it.each([
    'no JSON',
    'null',
    '[]',
    '"text"',
    '{"refreshToken":"refresh-1"}',
    '{"refreshToken":5,"accessToken":"a","session":{"id":"s1","user":{"id":"u1"}}}',
    '{"refreshToken":"refresh-1","accessToken":"a","session":{"id":"s1"}}',
    '{"refreshToken":"refresh-1","accessToken":"\uD55C","session":{"id":"s1","user":{"id":"u1"}}}',
  ])('with %s in it holds no session, and the next sign-in works', async (value) => {
    const storage = memoryStorage();
    storage.setItem('pawl:http://pawl.test', value);
    storage.setItem('pawl:http://pawl.test:device', 'not \u{D55C} a header');
    const pawl = newService().newPawl({ storage });
    expect(await pawl.session()).toBeNull();
    expect((await pawl.fetch('/auth/me')).status).toBe(401);
    await pawl.signIn(credentials);
    expect((await pawl.fetch('/auth/me')).status).toBe(200);
  });
});

describe('a listener', () => {
  let reported: unknown[] = [];
  beforeEach(() => {
    reported = [];
    globals['reportError'] = (error: unknown) => reported.push(error);
  });
  afterEach(() => Reflect.deleteProperty(globals, 'reportError'));

  it('that throws fails neither the sign-in nor the other listeners', async () => {
    const pawl = newService().newPawl();
    const seen: (Session | null)[] = [];
    pawl.onChange(() => {
      throw new Error('of the application');
    });
    pawl.onChange((session) => seen.push(session));
    await expect(pawl.signIn(credentials)).resolves.toMatchObject({ session: { id: 's1' } });
    expect(seen).toHaveLength(1);
    expect(reported).toEqual([new Error('of the application')]);
  });

  it('that signs out leaves no other listener with the session from before', async () => {
    const pawl = newService().newPawl();
    const seen: (Session | null)[] = [];
    pawl.onChange((session) => {
      if (session) pawl.signOut().catch(() => undefined);
    });
    pawl.onChange((session) => seen.push(session));
    await pawl.signIn(credentials);
    expect(seen.at(-1)).toBeNull();
  });

  it('can end itself and listen again while it is called', async () => {
    const pawl = newService().newPawl();
    let calls = 0;
    const listen = () => {
      const end = pawl.onChange(() => {
        calls++;
        end();
        listen();
      });
    };
    listen();
    await pawl.signIn(credentials);
    await pawl.signOut();
    expect(calls).toBe(2);
  });

  it('is ended by its own function only, also if another part of the page listens with the same one', async () => {
    const pawl = newService().newPawl();
    let calls = 0;
    const count = () => {
      calls++;
    };
    const end = pawl.onChange(count);
    pawl.onChange(count);
    end();
    end();
    await pawl.signIn(credentials);
    expect(calls).toBe(1);
  });
});

describe('a server that renders the page', () => {
  it('can create a client for the page’s own origin, which it does not know', () => {
    for (const mode of ['cookie', 'bearer'] as const) createPawl({ url: '/', mode }).close();
    expect(() => createPawl({ url: 'http://', mode: 'cookie' })).toThrow('Invalid URL');
  });
});

it('a window without events, as in React Native, is enough', async () => {
  globals['window'] = {};
  try {
    const pawl = newService().newPawl();
    await pawl.signIn(credentials);
    pawl.close();
  } finally {
    Reflect.deleteProperty(globals, 'window');
  }
});

describe('a page that the browser kept for its back button', () => {
  let listeners: ((event: { persisted: boolean }) => void)[];
  beforeEach(() => {
    listeners = [];
    globals['addEventListener'] = (type: string, listener: (typeof listeners)[number]) =>
      type === 'pageshow' && listeners.push(listener);
  });
  afterEach(() => Reflect.deleteProperty(globals, 'addEventListener'));

  const heardAfterReturn = async (pawl: Pawl) => {
    const heard = new Promise<Session | null>((resolve) => pawl.onChange(resolve));
    for (const listener of listeners) listener({ persisted: true });
    return heard;
  };

  it('learns of a sign-out meanwhile: in bearer mode from the storage', async () => {
    const storage = memoryStorage();
    const pawl = newService().newPawl({ storage });
    await pawl.signIn(credentials);
    storage.removeItem('pawl:http://pawl.test');
    expect(await heardAfterReturn(pawl)).toBeNull();
  });

  it('learns of a sign-out meanwhile: in cookie mode from the service', async () => {
    const service = scriptedService({
      '/auth/login': () => tokensOf(1),
      '/auth/session': () => Response.json({ user: null }),
    });
    const pawl = service.newPawl({ mode: 'cookie' });
    await pawl.signIn(credentials);
    expect(await heardAfterReturn(pawl)).toBeNull();
    for (const listener of listeners) listener({ persisted: false });
    expect(service.received).toEqual(['POST /auth/login', 'GET /auth/session']);
  });
});

describe('tabs', () => {
  const { BroadcastChannel } = globalThis;
  beforeEach(() => (globals['location'] = { href: 'http://pawl.test/' }));
  afterEach(() => {
    Reflect.deleteProperty(globals, 'location');
    globals['BroadcastChannel'] = BroadcastChannel;
  });

  it.each([
    ['there is none', undefined],
    ['the browser forbids it', forbid],
  ])('a BroadcastChannel is not needed: %s', async (_name, constructor) => {
    globals['BroadcastChannel'] = constructor;
    const service = newService();
    const pawl = service.newPawl();
    await pawl.signIn(credentials);
    await service.fetch('http://pawl.test/expire');
    expect((await pawl.fetch('/auth/me')).status).toBe(401);
    expect(service.received).toContain('POST /auth/refresh');
    pawl.close();
  });

  it('the client goes on after close(), alone', async () => {
    const pawl = newService().newPawl();
    await pawl.signIn(credentials);
    pawl.close();
    pawl.close();
    expect((await pawl.fetch('/auth/me')).status).toBe(200);
    await pawl.signOut();
    expect(await pawl.session()).toBeNull();
  });

  it('messages of somebody else, or of another version, change nothing', async () => {
    const pawl = newService().newPawl({ mode: 'cookie' });
    await pawl.signIn(credentials);
    const channel = new BroadcastChannel('pawl:http://pawl.test:cookie');
    const types = ['session', 'refreshing', 'refreshed', 'other'].map((type) => ({ type }));
    const messages = [null, 5, 'text', {}, ...types, { type: 'session', held: null }, { type: 'session', held: {} }];
    for (const message of messages) channel.postMessage(message);
    const last = new Promise((resolve) => pawl.onChange(resolve));
    // The last one is ours, so all of them have arrived. What they throw fails the test as an uncaught exception.
    channel.postMessage({ type: 'signed_out', sessionId: 's1' });
    expect(await last).toBeNull();
    channel.close();
    pawl.close();
  });

  it('two clients of one page with one storage: a sign-in by one reaches the listeners of the other', async () => {
    const [service, storage] = [newService(), memoryStorage()];
    const [first, second] = [service.newPawl({ storage }), service.newPawl({ storage })];
    const heard = new Promise<Session | null>((resolve) => second.onChange(resolve));
    await first.signIn(credentials);
    expect((await heard)?.id).toBe('s1');
    const heardEnd = new Promise<Session | null>((resolve) => second.onChange(resolve));
    await first.signOut();
    expect(await heardEnd).toBeNull();
    first.close();
    second.close();
  });
});

describe('a service that accepts requests and never responds', () => {
  // Only `setTimeout` and what ends it.
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval'],
    });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const never = ({ signal }: Request) =>
    new Promise<Response>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  /** Its headers arrive, and the body does not. */
  const stalled = ({ signal }: Request) =>
    new Response(
      new ReadableStream({ start: (body) => signal.addEventListener('abort', () => body.error(signal.reason)) }),
    );

  const asks: [string, number, (pawl: Pawl) => Promise<unknown>][] = [
    ['a sign-in', 10, (pawl) => pawl.signIn(credentials)],
    ['the question who is signed in', 30, (pawl) => pawl.session()],
  ];
  it.each(
    asks.flatMap(([name, seconds, ask]) => [
      { name, seconds, ask, respond: never, what: 'no response' },
      { name, seconds, ask, respond: stalled, what: 'no body' },
    ]),
  )('$name: $what for $seconds seconds is a network error', async ({ seconds, ask, respond }) => {
    const service = scriptedService({ '/auth/login': respond, '/auth/session': respond });
    const ended = jest.fn();
    ask(service.newPawl({ mode: 'cookie' })).catch(ended);
    await jest.advanceTimersByTimeAsync(seconds * 1000 - 1);
    expect(ended).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledWith(expect.objectContaining({ name: 'PawlError', code: 'network_error' }));
  });

  it('a server that renders a page waits for 10 seconds', async () => {
    const { url, fetch } = scriptedService({ '/auth/session': never });
    const request = new Request(url, { headers: { cookie: '__Host-pawl_access=access-1' } });
    const outcome = createPawlServer({ url, fetch }).forRequest(request).session();
    const refused = expect(outcome).rejects.toMatchObject({ name: 'PawlError', code: 'network_error' });
    await jest.advanceTimersByTimeAsync(10_000);
    await refused;
  });
});

describe('an error of Pawl, or of what stands between', () => {
  it.each([
    ['60', 60],
    [() => new Date(Date.now() + 3600_000).toUTCString(), expect.closeTo(3600, -3)],
    ['0', undefined],
    ['Fri, 31 Dec 1999 23:59:59 GMT', undefined],
    ['soon', undefined],
    ['-5', undefined],
  ])('says how long to wait: Retry-After is %s', async (header, seconds) => {
    const value = typeof header === 'string' ? header : header();
    const service = scriptedService({
      '/auth/login': () => new Response('', { status: 503, headers: { 'Retry-After': value } }),
    });
    await expect(service.newPawl().signIn(credentials)).rejects.toMatchObject({ retryAfterSeconds: seconds });
  });
});
