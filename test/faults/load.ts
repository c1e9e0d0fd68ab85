import { until } from '../support/until.js';
import type { HonestClient } from './honest-client.js';

const acts = ['refresh', 'refresh', 'refresh', 'addNote', 'signOut'] as const;

/** Clients that are busy all the time. */
export interface Load {
  /** Waits while they go on. Rejects if one of them gets a response that it must not get. */
  until(happened: () => Promise<boolean> | boolean): Promise<void>;
  /** Waits until they have done so much more. */
  moreActs(count: number): Promise<void>;
  /** Waits until each of them has been refused, or has found nobody. */
  everybodyRefused(): Promise<void>;
  /** Lets each finish what it does. */
  stop(): Promise<void>;
}

export function startLoad(clients: readonly HonestClient[]): Load {
  let over = false;
  let done = 0;
  const working = Promise.all(
    clients.map(async (client) => {
      for (; !over && !client.signedOut; done++) await actAtRandom(client);
    }),
  );
  const untilOrFailed: Load['until'] = async (happened) => {
    await Promise.race([until(happened), working]);
  };
  return {
    until: untilOrFailed,
    moreActs: (count) => {
      const before = done;
      return untilOrFailed(() => done >= before + count);
    },
    everybodyRefused: () => {
      const before = clients.map(({ attemptsInVain }) => attemptsInVain.length);
      return untilOrFailed(() => clients.every(({ attemptsInVain }, i) => attemptsInVain.length > before[i]!));
    },
    stop: async () => {
      over = true;
      await working;
    },
  };
}

async function actAtRandom(client: HonestClient): Promise<void> {
  const act = acts[Math.floor(Math.random() * acts.length)]!;
  await client[act]();
  if (act === 'signOut') await client.signIn();
}
