import { killAtRandom } from './random-kills.js';

it('processes that are killed under load, at random moments, sign nobody out and lose nothing', async () => {
  const t = process.cpuUsage().user;
  await killAtRandom(2, 2);
  console.log((process.cpuUsage().user - t) / 1e6);
});
