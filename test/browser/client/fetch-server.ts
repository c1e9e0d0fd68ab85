import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../../support/certificate.js';

/** Serves a function from Request to Response, as frameworks do that render on the server. */
export async function startFetchServer(handle: (request: Request) => Promise<Response>, tls?: Certificate) {
  const listener: Parameters<typeof createServer>[1] = (incoming, outgoing) => {
    void (async () => {
      const response = await handle(await toRequest(incoming));
      for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
      outgoing.setHeader('Set-Cookie', response.headers.getSetCookie());
      outgoing.writeHead(response.status).end(Buffer.from(await response.arrayBuffer()));
    })();
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
  const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
  return new Request(`http://${incoming.headers.host}${incoming.url}`, { method: incoming.method, headers, body });
}

/** Forwards a request to a service without TLS, as a proxy does. */
export async function forward(request: Request, url: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  for (const name of ['host', 'connection', 'content-length']) headers.delete(name);
  const body = request.body ? await request.arrayBuffer() : undefined;
  return fetch(url + pathname + search, { method: request.method, headers, body, redirect: 'manual' });
}
