import fc from 'fast-check';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Ending } from './private-copies.js';
import { runProcesses } from './private-copies.js';

/** Sessions of each kind. `RUNS=200 npm test -- private-copies` prints the figures of docs/refresh-tokens.md. */
const sessions = Number(process.env.RUNS ?? 8);
/** Repeats the sessions of a run. */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));
const longestPauseSeconds = 5 * 60;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** The pauses of each session: none is busy in step with another. */
function pausesOf(processes: number): number[][][] {
  const pause = fc.integer({ min: 0, max: longestPauseSeconds });
  const ofProcess = fc.array(pause, { minLength: 5, maxLength: 5 });
  const ofSession = fc.array(ofProcess, { minLength: processes, maxLength: processes });
  return fc.sample(ofSession, { seed, numRuns: sessions });
}

async function runSessions(processes: number, share: boolean, hours: number): Promise<Ending[]> {
  const endings: Ending[] = [];
  for (const pauses of pausesOf(processes)) endings.push(await runProcesses(app, { pauses, share, hours }));
  return endings;
}

it.each([2, 3, 5])(
  '%i processes with private copies of one refresh token are signed out within an hour, as theft',
  async (processes) => {
    const endings = await runSessions(processes, false, 1);
    const minutes = endings.map(({ endedAfterMinutes = Infinity }) => endedAfterMinutes).sort((a, b) => a - b);
    if (process.env.RUNS) {
      const at = (part: number) => minutes[Math.floor((minutes.length - 1) * part)]!.toFixed(0);
      console.log(
        `${processes} processes, ${sessions} sessions: over after ${at(0.5)} min (p5 ${at(0.05)}, p95 ${at(0.95)})`,
      );
    }
    expect({ seed, codes: [...new Set(endings.map(({ code }) => code))] }).toEqual({ seed, codes: ['refresh_reused'] });
  },
  60_000 + sessions * 60_000,
);

it(
  'five processes that read one storage before each refresh are never signed out',
  async () => {
    const endings = await runSessions(5, true, 4);
    expect({ seed, refused: endings.filter(({ code }) => code !== undefined) }).toEqual({ seed, refused: [] });
    for (const { refreshes } of endings) expect(refreshes).toBeGreaterThan(5 * 4 * 2);
  },
  60_000 + sessions * 60_000,
);
