import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FeedHandlers } from './feed-stream.js';
import { readFeed } from './feed-stream.js';

let server: Server;
let url: string;
let respond: (response: ServerResponse) => void;
let found: unknown[];

const handlers: FeedHandlers = {
  heard: () => undefined,
  revoked: (revocation) => found.push(revocation),
  replaced: (revocations) => found.push(['replaced', ...revocations]),
  current: () => found.push('current'),
  cursor: (cursor) => found.push(cursor),
};
const read = (silenceMs?: number) =>
  readFeed(url, { token: 't', cursor: undefined, signal: new AbortController().signal, silenceMs }, handlers);

beforeAll(async () => {
  server = createServer((_, response) => respond(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(() => (found = []));

function stream(text: string, end = true) {
  respond = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text);
    if (end) response.end();
  };
}

const snapshot = 'event: snapshot\ndata: {"keep_seconds":60}\n\nid: 1\ndata: {"jti":"a"}\n\n';
const current = 'event: current\nid: 1\ndata: {"keep_seconds":60}\n\n';

it('reports a snapshot when it is complete, and then what follows', async () => {
  stream(`${snapshot}${current}id: 2\ndata: {"session_id":"b"}\n\n`);
  await read();
  expect(found).toEqual([{ jti: 'a' }, ['replaced', { jti: 'a' }], 'current', '1', { session_id: 'b' }, '2']);
});

it('does not resume in the middle of a snapshot: what came before would be missing for ever', async () => {
  stream(snapshot);
  await read();
  expect(found).toEqual([{ jti: 'a' }]);
});

it('takes a connection that is silent for dead', async () => {
  stream(snapshot + current, false);
  await expect(read(200)).rejects.toThrow(/nothing was heard/);
});

it('does not take an error for a feed without revocations', async () => {
  respond = (response) => response.writeHead(403, { 'content-type': 'application/problem+json' }).end('{}');
  await expect(read()).rejects.toThrow('403');
  respond = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Log in');
  await expect(read()).rejects.toThrow('text/html');
});
