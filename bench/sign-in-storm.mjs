/**
 * Sends sign-ins at a rate, from many addresses, whatever becomes of them: `node sign-in-storm.mjs URL EMAIL PER_SECOND CONNECTIONS`.
 * A process of its own, so that it does not delay what is measured in another. Answers the message `stop` with the rate, and ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './http-connection.mjs';
import { signInFrom } from './users.mjs';

const [url, email, perSecond, connections] = process.argv.slice(2);
const startedAtMs = performance.now();
let [sent, raging] = [0, true];

process.once('message', () => {
  raging = false;
  process.send(sent / ((performance.now() - startedAtMs) / 1000), () => process.exit(0));
});

for (let lane = 0; lane < Number(connections); lane++) void sendOnAndOn(new Connection(url));

async function sendOnAndOn(connection) {
  while (raging) {
    const number = sent++;
    const dueAtMs = startedAtMs + (number / Number(perSecond)) * 1000;
    if (dueAtMs > performance.now()) await sleep(dueAtMs - performance.now());
    // Most are refused, and some find no room to connect.
    if (raging) await signInFrom(number, connection, email).catch(() => undefined);
  }
}
