import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export type Direction = 'to the database' | 'to the service';

/** Where the wire breaks: in place of delivering the `nth` message from now on, whichever way it goes, or inside of one. */
export type BreakingPoint = { message: number } | { byte: number; direction: Direction };

/** What breaks there: the connection that carried it, or all of them, and new ones are refused until `mend`. */
export type Extent = 'connection' | 'everything';

/** The wire between a service and its database, which breaks at a point that a test chooses. */
export interface BreakingWire {
  /** The database's address, through the wire. */
  url: string;
  /** Breaks once, on a connection of the service's pool. `onBreak` is called at that very moment. */
  breakAt(point: BreakingPoint, extent: Extent, onBreak?: () => void): void;
  /** Whether the point of the last `breakAt` was reached. If not, it never will be. */
  mend(): Promise<boolean>;
  close(): Promise<void>;
}

/** In the first message of a connection of the pool. The listener for notifications sends its heartbeat when it likes. */
const poolName = 'application_name\0pawl\0';

interface Plan {
  point: BreakingPoint;
  extent: Extent;
  onBreak: (() => void) | undefined;
  /** Messages or bytes that have passed. */
  passed: number;
}

export async function openBreakingWire(databaseUrl: string): Promise<BreakingWire> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let plan: Plan | undefined;
  let broken = false;

  const server = createServer({ noDelay: true }, (service) => {
    const database = connect({ port: Number(port), host: hostname, noDelay: true });
    let fromPool = false;
    let cut = false;
    const breakBoth = () => {
      cut = true;
      service.destroy();
      database.destroy();
    };
    /** How much of the message may pass. */
    const allowed = (message: Buffer, direction: Direction): number => {
      if (!plan || !fromPool) return message.length;
      const { point } = plan;
      if ('message' in point) return ++plan.passed === point.message ? 0 : message.length;
      if (point.direction !== direction) return message.length;
      plan.passed += message.length;
      return plan.passed < point.byte ? message.length : message.length - (plan.passed - point.byte);
    };
    const isReached = ({ point, passed }: Plan) => passed >= ('message' in point ? point.message : point.byte);
    const deliver = (message: Buffer, to: Socket, direction: Direction) => {
      if (cut) return;
      to.write(message.subarray(0, allowed(message, direction)));
      if (!plan || !fromPool || !isReached(plan)) return;
      const { extent, onBreak } = plan;
      [plan, broken] = [undefined, true];
      onBreak?.();
      if (extent === 'everything') void stop();
      else breakBoth();
    };
    const fromService = framesOf('untyped first');
    const fromDatabase = framesOf('typed');
    service.on('data', (chunk) => {
      for (const message of fromService(chunk)) {
        fromPool ||= message.includes(poolName);
        deliver(message, database, 'to the database');
      }
    });
    database.on('data', (chunk) => {
      for (const message of fromDatabase(chunk)) deliver(message, service, 'to the service');
    });
    for (const socket of [service, database]) {
      sockets.add(socket);
      socket.on('error', breakBoth).on('close', () => {
        sockets.delete(socket);
        breakBoth();
      });
    }
  });
  const listen = async (on: number) => {
    server.listen(on, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const ownPort = await listen(0);
  return {
    url: Object.assign(new URL(databaseUrl), { port: String(ownPort) }).href,
    breakAt: (point, extent, onBreak) => {
      plan = { point, extent, onBreak, passed: 0 };
      broken = false;
    },
    mend: async () => {
      plan = undefined;
      if (!server.listening) await listen(ownPort);
      return broken;
    },
    close: stop,
  };
}

/** Takes a stream apart into the messages of PostgreSQL's protocol: a type of one byte, then the length, which counts itself. */
function framesOf(kind: 'typed' | 'untyped first'): (chunk: Buffer) => Buffer[] {
  let rest = Buffer.alloc(0);
  let typeBytes = kind === 'typed' ? 1 : 0; // the first message of a client has no type
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const messages: Buffer[] = [];
    while (rest.length >= typeBytes + 4) {
      const length = typeBytes + rest.readInt32BE(typeBytes);
      if (rest.length < length) break;
      messages.push(rest.subarray(0, length));
      rest = rest.subarray(length);
      typeBytes = 1;
    }
    return messages;
  };
}
