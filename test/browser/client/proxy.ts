import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean | Promise<boolean>;

/** A reverse proxy in front of a service, with a bad network behind it. */
export interface Proxy {
  port: number;
  /** As a page names it. */
  url: string;
  /** How many requests have arrived at a path. */
  count(path: string): number;
  /** Loses every `nth` response after the service has sent it; 0 loses none. */
  loseEvery(nth: number): void;
  /** Holds the responses of a path back, until the function that it returns is called. */
  hold(path: string): () => void;
  close(): Promise<void>;
}

/** `handle` serves what the proxy does not forward, and says whether it did. */
export async function startProxy(target: string, handle: Handler = () => false): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const counts = new Map<string, number>();
  const held = new Map<string, Promise<void>>();
  let [loseEvery, responses] = [0, 0];

  async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = new URL(incoming.url!, target).pathname;
    const isPreflight = incoming.method === 'OPTIONS';
    if (!isPreflight) counts.set(path, (counts.get(path) ?? 0) + 1);
    if (await handle(incoming, outgoing)) return;
    const upstream = request({
      hostname,
      port,
      path: incoming.url,
      method: incoming.method,
      headers: incoming.headers,
    });
    upstream.on('response', (response) => {
      void Promise.resolve(isPreflight ? undefined : held.get(path)).then(() => {
        if (!isPreflight && loseEvery > 0 && ++responses % loseEvery === 0) {
          response.resume();
          incoming.socket.destroy();
          return;
        }
        outgoing.writeHead(response.statusCode!, response.headers);
        response.pipe(outgoing);
      });
    });
    upstream.on('error', () => incoming.socket.destroy());
    incoming.pipe(upstream);
  }

  const server = createServer((incoming, outgoing) => void forward(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ownPort = (server.address() as AddressInfo).port;
  return {
    port: ownPort,
    url: `http://localhost:${ownPort}`,
    count: (path) => counts.get(path) ?? 0,
    loseEvery: (nth) => (loseEvery = nth),
    hold: (path) => {
      let release!: () => void;
      held.set(path, new Promise((resolve) => (release = resolve)));
      return () => {
        held.delete(path);
        release();
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
