import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** The port itself, or a free one for 0. Throws the error of `listen` if the port is not available. */
export async function findPort(wanted: number, host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(wanted, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
