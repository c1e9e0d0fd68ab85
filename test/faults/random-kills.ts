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
 * Kills processes under load, each after a random number of the acts of its clients, and starts others in their place. Each
 * process runs some instances, and every request that one of them was serving is cut off wherever it was. One more instance
 * lives on, so that clients have somewhere to go.
 */
export async function killAtRandom(processes: number, instancesPerProcess: number): Promise<void> {
  const database = await createDatabaseForTest();
  const survivor = await startAppForTest({ database });
  const { clock } = survivor;
  const start = () => startServiceProcess({ databaseUrl: database.url, clock, instances: instancesPerProcess });
  let instances: { url: string }[] = [survivor];
  const send = toInstances(() => instances);
  const clients = await Promise.all(Array.from({ length: clientCount }, () => HonestClient.registered(send)));

  let starting = start();
  for (let ended = 0; ended < processes; ended++) {
    const victim = await starting;
    if (ended + 1 < processes) starting = start();
    clock.advanceSeconds(pastGraceSeconds);
    victim.setClock(clock);
    instances = [...victim.instances, survivor];
    const load = startLoad(clients);
    await load.moreActs(Math.floor(Math.random() * maxActsBeforeKill));
    await pause(Math.random() * 5);
    await victim.kill(); // clients find out by themselves
    await load.stop();
  }
  const advanceSeconds = (seconds: number) => clock.advanceSeconds(seconds);
  await expectInvariants({ clients, instances: [survivor], witness: survivor, advanceSeconds });
}
