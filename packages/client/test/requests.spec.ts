import { unwrap } from '../src/index.js';
import { memoryStorage } from '../src/storage.js';
import { gate, problem, scriptedService, tokensOf } from './scripted.js';

const credentials = { email: 'u1@example.com', password: 'right' };

describe('the signal of a call', () => {
  it('ends it while it waits for a refresh, which goes on for the others', async () => {
    const { opened, open } = gate();
    const service = scriptedService({
      '/auth/login': () => tokensOf(1),
      '/notes': ({ headers }) =>
        headers.get('Authorization') === 'Bearer newer' ? Response.json([]) : problem(401, 'token_expired'),
      '/auth/refresh': async () => (await opened, tokensOf(1, { access_token: 'newer' })),
    });
    const pawl = service.newPawl();
    await pawl.signIn(credentials);
    const abort = new AbortController();
    const reason = new Error('The user went back.');
    const [patient, other] = [pawl.fetch('/notes'), pawl.fetch('/notes', { signal: abort.signal })];
    const inRequest = pawl.fetch(new Request('http://pawl.test/notes', { signal: abort.signal }));
    const ended = [expect(other).rejects.toBe(reason), expect(inRequest).rejects.toBe(reason)];
    abort.abort(reason);
    await Promise.all(ended);
    open();
    expect((await patient).status).toBe(200);
  });

  it('ends it while the user is asked for a proof', async () => {
    const service = scriptedService({ '/notes': () => problem(401, 'insufficient_user_authentication') });
    const abort = new AbortController();
    const pawl = service.newPawl({
      onStepUp: () => {
        abort.abort();
        return new Promise(() => undefined);
      },
    });
    await expect(pawl.fetch('/notes', { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a body', () => {
  const stream = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('the body'));
        controller.close();
      },
    });
  const form = new FormData();
  form.set('name', 'the body');

  it.each<[string, () => RequestInit]>([
    ['text', () => ({ body: 'the body' })],
    ['a stream', () => ({ body: stream(), duplex: 'half' }) as RequestInit],
    ['a blob', () => ({ body: new Blob(['the body']) })],
    ['bytes', () => ({ body: new TextEncoder().encode('the body') })],
    ['a form', () => ({ body: form })],
  ])('of %s is sent again after a refresh, alone and in a Request', async (_name, newInit) => {
    const bodies: string[] = [];
    const service = scriptedService({
      '/auth/login': () => tokensOf(1),
      '/auth/refresh': () => tokensOf(1, { access_token: 'newer' }),
      '/notes': async (request) => {
        bodies.push(await request.text());
        return request.headers.get('Authorization') === 'Bearer newer'
          ? Response.json({})
          : problem(401, 'token_expired');
      },
    });
    const pawl = service.newPawl();
    const post = { method: 'POST' };
    await pawl.signIn(credentials);
    expect((await pawl.fetch('/notes', { ...post, ...newInit() })).status).toBe(200);
    await pawl.signIn(credentials);
    const request = new Request('http://pawl.test/notes', { ...post, ...newInit() });
    expect((await pawl.fetch(request)).status).toBe(200);
    expect(bodies).toHaveLength(4);
    for (const body of bodies) expect(body).toContain('the body');
  });
});

describe('a response of another service at the same origin', () => {
  it('is handed on while it is still arriving, such as a stream of events', async () => {
    const events = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    });
    const service = scriptedService({ '/auth/login': () => tokensOf(1), '/api/chat': () => new Response(events) });
    const pawl = service.newPawl();
    await pawl.signIn(credentials);
    const response = await pawl.fetch('/api/chat', { method: 'POST' });
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toContain('data: 1');
  });

  it('never replaces the tokens, whatever it looks like', async () => {
    const service = scriptedService({
      '/auth/login': () => tokensOf(1),
      '/api/bank/token': () => tokensOf(2, { session_id: undefined }),
    });
    const storage = memoryStorage();
    const pawl = service.newPawl({ storage });
    await pawl.signIn(credentials);
    await pawl.fetch('/api/bank/token', { method: 'POST' });
    expect(storage.getItem('pawl:http://pawl.test')).toContain('access-1');
  });
});

describe('a 401 of another service', () => {
  it.each([
    ['with a code of its own', () => Response.json({ code: 'UNAUTHORIZED' }, { status: 401 })],
    ['as RFC 6750 has it', () => Response.json({ error: 'invalid_token' }, { status: 401 })],
    ['without a body', () => new Response(null, { status: 401 })],
  ])('%s is answered with one refresh, and signs nobody out', async (_name, refusal) => {
    const service = scriptedService({
      '/auth/login': () => tokensOf(1),
      '/auth/refresh': () => tokensOf(1, { access_token: 'newer' }),
      'http://api.test/orders': refusal,
    });
    const pawl = service.newPawl({ apis: ['http://api.test'] });
    await pawl.signIn(credentials);
    expect((await pawl.fetch('http://api.test/orders')).status).toBe(401);
    expect(service.received.slice(1)).toEqual(['GET /orders', 'POST /auth/refresh', 'GET /orders']);
    expect(await pawl.session()).not.toBeNull();
  });
});

it('calls that need different proofs at once both get theirs', async () => {
  let level = 0;
  const need = (wanted: number, acr: string) => () =>
    level >= wanted ? Response.json({}) : problem(401, 'insufficient_user_authentication', { acr_values: acr });
  const service = scriptedService({
    '/recent': need(1, 'aal1'),
    '/strong': need(2, 'aal2'),
    '/auth/step-up': async (request) => {
      level = Math.max(level, 'code' in ((await request.json()) as object) ? 2 : 1);
      return Response.json({});
    },
  });
  const asked: (string | undefined)[] = [];
  const pawl = service.newPawl({
    mode: 'cookie',
    onStepUp: async ({ acr }) => {
      asked.push(acr);
      return acr === 'aal2' ? { code: '123456' } : { password: 'right' };
    },
  });
  const calls = await Promise.all([pawl.fetch('/recent'), pawl.fetch('/strong'), pawl.fetch('/strong')]);
  expect(calls.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(asked).toEqual(['aal1', 'aal2']);
});

describe('a typed call', () => {
  it.each(['..', '.', ''])('refuses %j in its path, which would be another path', async (id) => {
    const service = scriptedService({});
    const call = service.newPawl().api.DELETE('/auth/sessions/{id}', { params: { path: { id } } });
    await expect(call).rejects.toThrow('/auth/sessions/{id} needs id');
    expect(service.received).toEqual([]);
  });

  it('sends what OAuth expects as a form (RFC 6749 section 4.4.2)', async () => {
    const bodies: string[] = [];
    const service = scriptedService({
      '/oauth/token': async (request) => {
        bodies.push(`${request.headers.get('Content-Type')}: ${await request.text()}`);
        return Response.json({});
      },
    });
    const body = { grant_type: 'client_credentials', scope: 'a b' } as const;
    await unwrap(service.newPawl().api.POST('/oauth/token', { body }));
    expect(bodies).toEqual([
      'application/x-www-form-urlencoded;charset=UTF-8: grant_type=client_credentials&scope=a+b',
    ]);
  });

  it('throws if what reports success is not from Pawl', async () => {
    const service = scriptedService({ '/auth/me': () => new Response('<h1>Welcome to the hotel</h1>') });
    await expect(unwrap(service.newPawl().api.GET('/auth/me'))).rejects.toMatchObject({ code: 'unexpected_response' });
  });
});
