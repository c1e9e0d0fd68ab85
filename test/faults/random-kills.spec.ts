import { killAtRandom } from './random-kills.js';

it('processes that are killed under load, at random moments, sign nobody out and lose nothing', async () => {
  await killAtRandom({ kills: 2, atATime: 1 });
});
