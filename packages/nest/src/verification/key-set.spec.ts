import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { KeySet } from './key-set.js';

let server: Server;
let uri: string;
let response: { status: number; body: unknown };
let requests: number;
let nowMs: number;
let keys: KeySet;

async function jwk(kid: string, alg = 'ES256') {
  const { publicKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
}

beforeAll(async () => {
  server = createServer((_, sent) => {
    requests++;
    sent.writeHead(response.status, { 'content-type': 'application/json' }).end(JSON.stringify(response.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(async () => {
  requests = 0;
  nowMs = 0;
  response = { status: 200, body: { keys: [await jwk('a')] } };
  keys = new KeySet(uri, () => nowMs);
});

it('reads the keys once for many tokens', async () => {
  const found = await Promise.all([keys.find('a'), keys.find('a'), keys.find('a')]);
  expect(found.map((key) => key?.algorithm)).toEqual(['ES256', 'ES256', 'ES256']);
  expect(requests).toBe(1);
});

it('reads them again for an unknown key, but at most once a second: random ids are no way to attack Pawl', async () => {
  await keys.find('a');
  for (let i = 0; i < 50; i++) expect(await keys.find(`random ${i}`)).toBeUndefined();
  expect(requests).toBe(1);
  response.body = { keys: [await jwk('a'), await jwk('b')] };
  nowMs = 1000;
  expect(await keys.find('b')).toMatchObject({ kid: 'b' });
  expect(requests).toBe(2);
});

it('goes on with the known keys while Pawl is away, and cannot tell about others', async () => {
  const known = (await keys.find('a'))!;
  response.status = 503;
  nowMs = 60 * 60_000;
  expect(keys.has(known)).toBe(true);
  expect(await keys.find('a')).toBe(known);
  await expect(keys.find('b')).rejects.toMatchObject({ code: 'temporarily_unavailable' });
});

it('drops a key that is no longer published', async () => {
  const known = (await keys.find('a'))!;
  response.body = { keys: [] };
  await keys.refresh();
  expect(keys.has(known)).toBe(false);
});

it('keeps the key that is still published the same, and notices another one of the same id', async () => {
  const known = (await keys.find('a'))!;
  await keys.refresh();
  expect(keys.has(known)).toBe(true);
  response.body = { keys: [await jwk('a')] };
  await keys.refresh();
  expect(keys.has(known)).toBe(false);
});

it('takes no key that is symmetric, for encryption, or of an algorithm that Pawl does not use', async () => {
  const oct = { kty: 'oct', kid: 'oct', k: 'AAAA', alg: 'HS256' };
  response.body = {
    keys: [oct, { ...(await jwk('enc')), use: 'enc' }, await jwk('ed', 'EdDSA'), await jwk('rs', 'PS256')],
  };
  expect(await keys.find('rs')).toMatchObject({ algorithm: 'PS256' });
  nowMs = 5000;
  for (const kid of ['oct', 'enc', 'ed']) expect(await keys.find(kid)).toBeUndefined();
});
