import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** The wire between a service and its database, for tests that count what goes over it or break it at a chosen word. */
export interface DatabaseWire {
  /** The database's address, through the wire. */
  url: string;
  /** How often a connection of the service's pool has sent something and waited for the answer so far. */
  roundTrips(): number;
  /**
   * Breaks the connection of the pool that gets the `nth` answer from now on, instead of delivering that answer: whatever the
   * statement did has been committed by then. Resolves once that has happened.
   */
  loseAnswer(nth: number): Promise<void>;
  close(): Promise<void>;
}

/** In the first message of a connection of the pool. The listener for notifications sends its heartbeat when it likes. */
const poolName = 'application_name\0pawl\0';

/** The end of every answer outside of a transaction: ReadyForQuery, 5 bytes long, idle. */
const readyForQuery = Buffer.from('Z\0\0\0\x05I', 'latin1');

export async function openDatabaseWire(databaseUrl: string): Promise<DatabaseWire> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let roundTrips = 0;
  let losing: { answersLeft: number; done: () => void } | undefined;

  const server = createServer((service) => {
    const database = connect(Number(port), hostname);
    const breakBoth = () => void (service.destroy(), database.destroy());
    let fromPool: boolean | undefined;
    let spoken = false;
    service.on('data', (chunk) => {
      fromPool ??= chunk.includes(poolName);
      spoken = fromPool;
      database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (spoken) roundTrips++;
      spoken = false;
      const answered = chunk.subarray(-readyForQuery.length).equals(readyForQuery);
      if (losing && fromPool && answered && --losing.answersLeft === 0) {
        breakBoth();
        losing.done();
        losing = undefined;
      } else {
        service.write(chunk);
      }
    });
    for (const socket of [service, database]) {
      sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', breakBoth).on('close', breakBoth);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    roundTrips: () => roundTrips,
    loseAnswer: (nth) => new Promise((done) => (losing = { answersLeft: nth, done })),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
