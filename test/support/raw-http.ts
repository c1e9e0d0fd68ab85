import { request } from 'node:http';
import { connect } from 'node:net';
import type { TestApp } from './app.js';
import type { Answer } from './http.js';

export interface RawRequest {
  method?: string;
  /** Sent as it is, even if it is not a valid path. */
  path?: string;
  /** In this order, repeated names included. Unlike fetch, nothing is forbidden: `Cookie`, `Origin`, `Sec-Fetch-Site`. */
  headers?: readonly (readonly [name: string, value: string])[];
  body?: string | Uint8Array;
}

/** One HTTP request of which every header is the test's own. */
export function rawCall(
  app: Pick<TestApp, 'url'>,
  { method = 'GET', path = '/', headers = [], body }: RawRequest,
): Promise<Answer> {
  const { hostname, port } = new URL(app.url);
  const named = headers.some(([name]) => name.toLowerCase() === 'host');
  const all = [...(named ? [] : [['Host', `${hostname}:${port}`]]), ...headers];
  if (body !== undefined || method !== 'GET') all.push(['Content-Length', String(Buffer.byteLength(body ?? ''))]);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers: all.flat(), agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
      incoming.once('end', () => {
        const received = new Headers();
        for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
          received.append(incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!);
        }
        const text = Buffer.concat(chunks).toString();
        const isJson = /json/.test(received.get('content-type') ?? '') && text !== '';
        resolve({
          status: incoming.statusCode!,
          headers: received,
          body: isJson ? JSON.parse(text) : text || undefined,
        });
      });
    });
    outgoing.once('error', reject).end(body);
  });
}

/** Sends bytes that need not be HTTP at all; everything the service says until it closes the connection. */
export function rawSocket(app: Pick<TestApp, 'url'>, bytes: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', reject).once('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}
