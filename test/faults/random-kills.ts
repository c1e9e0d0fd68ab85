import { setTimeout as pause } from 'node:timers/promises';
import { pastGraceSeconds } from '../sessions/refresh-story.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';
import { HonestClient, toInstances } from './honest-client.js';
import { expectInvariants } from './invariants.js';
import { startLoad } from './load.js';
import { startServiceProcess } from './service-process.js';

const clientCount = 12;
const maxActsBeforeKill = 36;

/**
 * Kills processes under load, each at a random moment of its own, so that every request that it was serving is cut off wherever
 * it was. Some of them serve at the same time, while those that take their places start. One more instance lives on, so that
 * clients have somewhere to go.
 */
export async function killAtRandom({ kills, atATime }: { kills: number; atATime: number }): Promise<void> {
  const database = await createDatabaseForTest();
  const survivor = await startAppForTest({ database });
  const { clock } = survivor;
  let left = kills;
  const start = () => {
    const count = Math.min(left, atATime);
    left -= count;
    return Promise.all(Array.from({ length: count }, () => startServiceProcess({ databaseUrl: database.url, clock })));
  };
  let instances: { url: string }[] = [survivor];
  const send = toInstances(() => instances);
  const clients = await Promise.all(Array.from({ length: clientCount }, () => HonestClient.registered(send)));

  let starting = start();
  for (let victims = await starting; victims.length > 0; victims = await starting) {
    starting = start();
    clock.advanceSeconds(pastGraceSeconds);
    for (const victim of victims) victim.setClock(clock);
    instances = [...victims.flatMap((victim) => victim.instances), survivor];
    const load = startLoad(clients);
    await Promise.all(
      victims.map(async (victim) => {
        await load.moreActs(Math.floor(Math.random() * maxActsBeforeKill));
        await pause(Math.random() * 5);
        await victim.kill(); // clients find out by themselves
      }),
    );
    await load.stop();
  }
  const advanceSeconds = (seconds: number) => clock.advanceSeconds(seconds);
  await expectInvariants({ clients, instances: [survivor], witness: survivor, advanceSeconds });
}
