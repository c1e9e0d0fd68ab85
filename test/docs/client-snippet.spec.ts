import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Tokens, TokenStorage } from '../../docs/examples/pawl-client.js';
import { PawlClient } from '../../docs/examples/pawl-client.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, refresh, register } from '../support/http.js';

/** What happens to a refresh: its response is lost, the service is too busy, or something else happens meanwhile. */
type Mishap = 'lose' | 'busy' | (() => void);

/** A network between client and service: each refresh has the next mishap of the list. */
async function startNetwork(app: TestApp) {
  const mishaps: Mishap[] = [];
  const verdicts: (string | null)[] = [];
  const server = createServer((request, reply) => {
    void (async () => {
      const isRefresh = request.url === '/auth/refresh';
      const mishap = isRefresh ? mishaps.shift() : undefined;
      if (mishap === 'busy') return reply.writeHead(503, { 'Retry-After': '0' }).end();
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { authorization } = request.headers;
      const response = await fetch(app.url + request.url!, {
        method: request.method,
        headers: { ...(authorization && { authorization }), 'content-type': 'application/json' },
        body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
      });
      if (isRefresh) verdicts.push(response.headers.get('pawl-refresh'));
      if (typeof mishap === 'function') mishap();
      if (mishap === 'lose') return request.socket.destroy();
      return reply.writeHead(response.status).end(await response.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mishaps,
    verdicts,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

function storageOf(tokens: Tokens | undefined): TokenStorage {
  return { load: () => tokens, save: (next) => (tokens = next) };
}

const accessTokenLifeSeconds = 15 * 60;

describe('docs/examples/pawl-client.ts', () => {
  let app: TestApp;
  let network: Awaited<ReturnType<typeof startNetwork>>;
  beforeAll(async () => (app = await startApp()));
  beforeEach(async () => (network = await startNetwork(app)));
  afterEach(() => network.close());
  afterAll(() => app.close());

  const newClient = (storage: TokenStorage) => new PawlClient(network.url, storage, 1);

  it('calls with the access token, and refreshes once it has expired', async () => {
    const client = newClient(storageOf(await register(app)));
    expect((await client.fetch('/auth/me')).status).toBe(200);
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    expect((await client.fetch('/auth/me')).status).toBe(200);
    expect((await client.fetch('/auth/me')).status).toBe(200);
    expect(network.verdicts).toEqual(['rotate']);
  });

  it('sends the same token again when a response is lost, or the service is busy', async () => {
    const client = newClient(storageOf(await register(app)));
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.push('lose', 'busy', 'lose');
    expect((await client.fetch('/auth/me')).status).toBe(200);
    expect(network.verdicts).toEqual(['rotate', 'replay', 'replay']);
  });

  it('stays signed in when there is no response at all, and continues an hour later', async () => {
    const storage = storageOf(await register(app));
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    network.mishaps.push('lose', 'lose', 'lose', 'lose', 'lose');
    await expect(newClient(storage).fetch('/auth/me')).rejects.toThrow('not answered');
    app.clock.advanceSeconds(60 * 60);
    expect((await newClient(storage).fetch('/auth/me')).status).toBe(200);
    expect(network.verdicts.at(-1)).toBe('recover');
  });

  it('lets tabs with one storage refresh at once', async () => {
    const storage = storageOf(await register(app));
    const tabs = [1, 2, 3].map(() => newClient(storage));
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    const calls = tabs.flatMap((tab) => [tab.fetch('/auth/me'), tab.fetch('/notes')]);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    app.clock.advanceSeconds(accessTokenLifeSeconds);
    expect((await tabs[0]!.fetch('/auth/me')).status).toBe(200);
  });

  it('forgets the tokens of a session that has ended', async () => {
    const tokens = await register(app);
    const storage = storageOf(tokens);
    await call(app, 'POST', '/auth/logout', { token: tokens.access_token });
    expect((await newClient(storage).fetch('/auth/me')).status).toBe(401);
    expect(storage.load()).toBeUndefined();
  });

  it('keeps newer tokens that another tab stored while its own refresh was being refused', async () => {
    const ended = await register(app);
    const newer = await register(app);
    await call(app, 'POST', '/auth/logout', { token: ended.access_token });
    const storage = storageOf(ended);
    network.mishaps.push(() => storage.save(newer));
    expect((await newClient(storage).fetch('/auth/me')).status).toBe(200);
    expect(storage.load()).toBe(newer);
    expect((await refresh(app, newer.refresh_token)).status).toBe(200);
  });
});
