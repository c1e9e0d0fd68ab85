import type { lookup } from 'node:dns';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { isPrivateAddress } from './private-address.js';
import { UpstreamError, upstreamFetchFor } from './upstream-fetch.js';

/** A resolver that gives these addresses in turn, and the last of them from then on. */
function resolverOf(...answers: string[][]) {
  let asked = 0;
  const resolve = ((_host: string, _options: unknown, done: (error: null, found: object[]) => void) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)]!;
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as unknown as typeof lookup;
  return { resolve, asked: () => asked };
}

describe('an endpoint whose name resolves to a private network', () => {
  let server: Server;
  let port: number;
  let connections = 0;
  beforeAll(async () => {
    server = createServer(() => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as { port: number });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => (connections = 0));

  it.each([
    [['127.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['10.0.0.1']],
    [['169.254.169.254']],
    [['fd00::1']],
    [['93.184.216.34', '127.0.0.1']],
  ])('%j is not connected to (attack: server-side request forgery)', async (addresses) => {
    const { resolve } = resolverOf(addresses);
    const fetchUpstream = upstreamFetchFor('https://login.example', resolve);
    const asked = fetchUpstream(`https://inner.example:${port}/token`);
    await expect(asked).rejects.toThrow(new UpstreamError('an endpoint is in a private network: inner.example'));
    expect(connections).toBe(0);
  });

  it('also after it was public a moment ago: what is connected to is what was compared (attack: DNS rebinding)', async () => {
    // 203.0.113.7 would be refused, so the first answer must be a public one that nothing here can reach.
    const { resolve, asked } = resolverOf(['192.88.99.1'], ['127.0.0.1']);
    const fetchUpstream = upstreamFetchFor('https://login.example', resolve);
    const first = fetchUpstream(`https://inner.example:${port}/token`);
    const second = fetchUpstream(`https://inner.example:${port}/token`);
    await expect(second).rejects.toThrow('an endpoint is in a private network: inner.example');
    await expect(first).rejects.toThrow();
    // One look-up for each connection: there is no second one to give another address.
    expect(asked()).toBe(2);
    expect(connections).toBe(0);
  }, 20_000);

  it('is connected to if it is the host of the issuer, which the operator has written', async () => {
    const { resolve, asked } = resolverOf(['127.0.0.1']);
    const fetchUpstream = upstreamFetchFor('https://localhost', resolve);
    server.once('connection', (socket) => socket.destroy());
    await expect(fetchUpstream(`https://localhost:${port}/token`)).rejects.toThrow(/socket|ECONNRESET|disconnected/);
    expect(connections).toBe(1);
    expect(asked()).toBe(0);
  });
});

it.each([
  ['8.8.8.8', false],
  ['2606:4700:4700::1111', false],
  ['2001:4860:4860::8888', false],
  ['0.0.0.0', true],
  ['100.64.0.1', true],
  ['172.31.255.255', true],
  ['172.32.0.1', false],
  ['192.168.0.1', true],
  ['203.0.113.7', true],
  ['224.0.0.1', true],
  ['255.255.255.255', true],
  ['::', true],
  ['::ffff:10.0.0.1', true],
  ['::ffff:a00:1', true],
  ['64:ff9b::a00:1', true],
  ['2002:a00:1::', true],
  ['fe80::1', true],
  ['fec0::1', true],
])('%s is private: %s', (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});
