import { Session } from 'node:inspector/promises';

interface Coverage {
  result: { functions: { ranges: { count: number }[] }[] }[];
}

export interface WorkCounter {
  /**
   * How often V8 enters functions and blocks of JavaScript while `work` runs: the turns of every loop, in Pawl and in its
   * packages. It does not depend on the speed of the machine. What native code does, such as JSON.parse,
   * counts as one; a lint rule looks after regular expressions.
   */
  count(work: () => Promise<unknown>): Promise<number>;
  stop(): Promise<void>;
}

export async function startWorkCounter(): Promise<WorkCounter> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  // Starts the counters at zero again.
  const take = async () => (await session.post('Profiler.takePreciseCoverage')) as unknown as Coverage;
  return {
    count: async (work) => {
      await take();
      await work();
      let sum = 0;
      for (const { functions } of (await take()).result)
        for (const { ranges } of functions) for (const { count } of ranges) sum += count;
      return sum;
    },
    stop: async () => {
      await session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}
