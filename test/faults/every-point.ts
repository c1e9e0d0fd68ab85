import type { Send } from './honest-client.js';
import { HonestClient } from './honest-client.js';

/** A client that is ready to do something, and what it does while the service breaks. */
export interface Exchange {
  prepare: (send: Send, pastGrace: () => void | Promise<void>) => Promise<HonestClient>;
  act: (client: HonestClient) => Promise<void>;
}

/** The exchanges between a client and the service that start, continue or end a session, and one more write. */
export const exchanges = {
  'a refresh that rotates': {
    prepare: async (send, pastGrace) => {
      const client = await HonestClient.registered(send);
      await pastGrace();
      return client;
    },
    act: (client) => client.refresh(),
  },
  'a refresh that recovers': {
    prepare: async (send, pastGrace) => {
      const client = await HonestClient.registered(send);
      // The service has rotated, and the client does not know it.
      await send('POST', '/auth/refresh', { body: { refresh_token: client.tokens.refresh_token } });
      await pastGrace();
      return client;
    },
    act: (client) => client.refresh(),
  },
  'a sign-in': { prepare: (send) => HonestClient.registered(send), act: (client) => client.signIn() },
  'a registration': { prepare: (send) => Promise.resolve(new HonestClient(send)), act: (client) => client.register() },
  'a sign-out': { prepare: (send) => HonestClient.registered(send), act: (client) => client.signOut() },
  'a note': { prepare: (send) => HonestClient.registered(send), act: (client) => client.addNote() },
} satisfies Record<string, Exchange>;

/** Where an exchange breaks. */
export interface Breakage {
  send: Send;
  pastGrace: () => void | Promise<void>;
  /** Sends a request that breaks at its `nth` point. Its `reached` says whether it came so far. */
  breaking: (nth: number) => { send: Send; reached: () => boolean };
}

/**
 * Has one client after the other break off at the first point, the second, and so on, until an exchange is over before it gets
 * there: then every point was tried. Each client goes on as clients do. Returns them, one for each point and one more.
 */
export async function breakAtEveryPoint(exchange: Exchange, breakage: Breakage, step = 1): Promise<HonestClient[]> {
  const { send, pastGrace, breaking } = breakage;
  const clients: HonestClient[] = [];
  for (let nth = 1; ; nth += step) {
    // The next one finds an open connection that knows the statements, so each exchange has the same points.
    await exchange.act(await exchange.prepare(send, pastGrace));
    const client = await exchange.prepare(send, pastGrace);
    const broken = breaking(nth);
    client.use(broken.send);
    await exchange.act(client);
    client.use(send);
    clients.push(client);
    if (!broken.reached()) return clients;
  }
}
