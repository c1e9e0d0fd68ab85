import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';

/** A database that accepts each connection and ends it at once, as one that is shut down does. */
export interface EndingServer {
  url: string;
  close(): Promise<void>;
}

/** The end of every answer outside of a transaction: ReadyForQuery, 5 bytes long, idle. */
const readyForQuery = Buffer.from('Z\0\0\0\x05I', 'latin1');
const fields = Buffer.from(
  'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0',
  'latin1',
);
const errorResponse = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), fields]);
errorResponse.writeInt32BE(4 + fields.length, 1);

/** Connects to the real one, and sends the end together with the first sign that the connection is ready. */
export async function startEndingServer(databaseUrl: string): Promise<EndingServer> {
  const { hostname, port } = new URL(databaseUrl);
  const server = createServer((client) => {
    const database = connect(Number(port), hostname);
    client.on('error', () => undefined).on('close', () => database.destroy());
    database.on('error', () => undefined).on('close', () => client.end());
    client.pipe(database);
    database.on('data', (chunk) => {
      if (chunk.subarray(-readyForQuery.length).equals(readyForQuery)) {
        client.end(Buffer.concat([chunk, errorResponse]));
      } else {
        client.write(chunk);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ownPort = (server.address() as AddressInfo).port;
  return {
    url: Object.assign(new URL(databaseUrl), { port: String(ownPort) }).href,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
