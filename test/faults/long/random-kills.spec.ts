import { killAtRandom } from '../random-kills.js';

const instancesPerProcess = 5;

it(
  '1,000 instances that are killed under load, at random moments, sign nobody out and lose nothing',
  async () => {
    await killAtRandom(1000 / instancesPerProcess, instancesPerProcess);
  },
  60 * 60_000,
);
