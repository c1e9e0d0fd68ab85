import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A network between the service and its database, for tests to take away. */
export interface TcpProxy {
  /** `targetUrl`, through the proxy. */
  url: string;
  /** Nothing arrives any more, and no connection is closed: a pulled cable. */
  freeze(): void;
  /** The connections for which `broken` is true break at the first byte of the server. They are counted from 1. */
  breakConnections(broken: (count: number) => boolean): void;
  /** Every connection breaks, and new ones are refused until `resume`. */
  cut(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export async function startTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  let count = 0;
  let broken = (_count: number) => false;

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    if (broken(++count)) upstream.once('data', () => client.destroy());
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => frozen || to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!frozen) to.destroy();
      });
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(targetUrl);
  url.port = String(port);
  return {
    url: url.href,
    freeze: () => (frozen = true),
    breakConnections: (which) => (broken = which),
    cut: stop,
    resume: async () => {
      frozen = false;
      if (!server.listening) await listen(port);
    },
    close: stop,
  };
}
