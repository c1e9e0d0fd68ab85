import fc from 'fast-check';
import type { Outcome } from './model/history.js';
import { goodInstances, Service } from './model/service.js';
import { ownerSteps, pastGraceMs, thiefSteps } from './model/steps.js';
import { Story } from './model/story.js';

/** Runs of each property. `RUNS=20000 npm test -- ratchet.property` is the long one. */
const runs = Math.ceil(Number(process.env.RUNS ?? 520) / 2);
/** `SEED=…`, as a failed run printed it, repeats its stories. */
const seed = process.env.SEED === undefined ? Date.now() & 0x7fffffff : Number(process.env.SEED);
const maxSteps = 100;

let service: Service;
const stepsOfRuns: number[] = [];
const tally = new Map<Outcome, number>();

beforeAll(async () => {
  service = await Service.start();
});
afterAll(() => service.stop());

type Steps = typeof ownerSteps;

async function holds(steps: Steps, alone: boolean, end: (story: Story) => Promise<void>): Promise<void> {
  const commands = fc.commands([fc.oneof(...steps)], { maxCommands: maxSteps, size: 'max' });
  await fc.assert(
    fc.asyncProperty(commands, async (story) => {
      let played: Story | undefined;
      const setup = async () => {
        played = await Story.begin(service, alone);
        return { model: played, real: service };
      };
      await fc.asyncModelRun(setup, story);
      await end(played!);
      stepsOfRuns.push(played!.steps);
      for (const outcome of played!.outcomes) tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
    }),
    { seed, numRuns: runs, endOnFailure: process.env.SHRINK === 'off' },
  );
}

/** Everything under way is lost, a grace time passes, and a tab refreshes: it must be let in. */
async function ownerGoesOn(story: Story): Promise<void> {
  for (let i = 0; i < 2 && !story.over; i++) {
    story.network = [];
    story.advance(pastGraceMs);
    const [used] = await story.use({ by: 'owner', refreshToken: story.storage, instance: i % goodInstances });
    if (used!.refreshToken !== undefined) story.receive(story.network.at(-1)!);
  }
}

/** Owner and thief go on in turns: within three uses each, one of them is found out and the session is over. */
async function bothGoOn(story: Story): Promise<void> {
  for (let turn = 0; turn < 6 && story.loot.length > 0 && !story.over; turn++) {
    story.network = [];
    story.advance(pastGraceMs);
    const [by, refreshToken] =
      turn % 2 === 0 ? (['thief', story.loot.at(-1)!] as const) : (['owner', story.storage] as const);
    await story.use({ by, refreshToken, instance: turn % goodInstances });
    const [response] = story.network;
    if (response) story.receive(response);
  }
  if (story.loot.length > 0) expect(story.over).toBe(true);
}

const timeLimitMs = 60_000 + runs * 1000;

it('without a thief nobody is signed out, except by expiry', () => holds(ownerSteps, true, ownerGoesOn), timeLimitMs);

it(
  'with a thief, the two share at most one rotation, and one of them is detected',
  () => holds(thiefSteps, false, bothGoOn),
  timeLimitMs,
);

/** Fewer runs, as for a mutant, promise no numbers. */
const itIfMany = runs < 250 ? it.skip : it;

itIfMany('the stories were long enough, and every verdict occurred often', () => {
  const median = stepsOfRuns.sort((a, b) => a - b)[stepsOfRuns.length >> 1];
  const verdicts = [
    'rotate',
    'hold',
    'replay',
    'recover',
    'reuse',
    'expired',
    'revoked',
    'invalid',
    'ahead',
    'unavailable',
  ] as const;
  const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, tally.get(verdict) ?? 0]));
  console.log(
    JSON.stringify({ seed, runs: stepsOfRuns.length, medianSteps: median, verdicts: counts, away: tally.get('away') }),
  );
  expect(stepsOfRuns.length).toBeGreaterThanOrEqual(2 * runs);
  expect(median).toBeGreaterThanOrEqual(20);
  expect(Object.entries(counts).filter(([, count]) => count < 50)).toEqual([]);
});
