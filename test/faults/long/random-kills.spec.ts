import { killAtRandom } from '../random-kills.js';

/** FAULTS_KILLS kills fewer. */
const kills = Number(process.env.FAULTS_KILLS ?? 1000);

it(
  '1,000 processes that are killed under load, each at a random moment of its own, sign nobody out and lose nothing',
  async () => {
    await killAtRandom({ kills, atATime: 4 });
  },
  3 * 60 * 60_000,
);
