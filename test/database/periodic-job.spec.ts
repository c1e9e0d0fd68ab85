import { Logger } from '@nestjs/common';
import { PeriodicJob, PeriodicJobs, withAdvisoryLock } from '../../src/database/periodic-job.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';

const day = 24 * 60 * 60 * 1000;
/** What isDatabaseUnavailable takes for a database that is away. */
const away = () => new Error('Connection terminated unexpectedly');

class Recorder extends Logger {
  readonly lines: unknown[] = [];
  override warn(message: unknown): void {
    this.lines.push(message);
  }
  override error(message: unknown): void {
    this.lines.push(message);
  }
}

/** A job whose runs end when the test says so. */
function heldJob() {
  const ends: (() => void)[] = [];
  let [running, most] = [0, 0];
  const logger = new Recorder();
  const run = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running--;
  };
  return { job: new PeriodicJob({ name: 'the test', everyMs: day, logger, run }), ends, most: () => most };
}

describe('a periodic job', () => {
  it('never overlaps with itself; calls during one run share one further run', async () => {
    const { job, ends, most } = heldJob();
    const [first, second, third] = [job.runNow(), job.runNow(), job.runNow()];
    ends[0]!();
    await first;
    await until(() => ends.length === 2);
    ends[1]!();
    await Promise.all([second, third]);
    expect(ends).toHaveLength(2);
    expect(most()).toBe(1);
  });

  it('begins no run after stop(), and idle() waits for the run in progress', async () => {
    const { job, ends } = heldJob();
    void job.runNow();
    void job.runNow();
    job.stop();
    let idle = false;
    const waiting = job.idle().then(() => (idle = true));
    await new Promise(setImmediate);
    expect(idle).toBe(false);
    ends[0]!();
    await waiting;
    await job.runNow();
    expect(ends).toHaveLength(1);
  });

  it('runs at its interval only when it is due', async () => {
    let [runs, checks, due] = [0, 0, false];
    const isDue = () => ++checks > 0 && due;
    const job = new PeriodicJob({ name: 'the test', everyMs: 1, isDue, run: () => Promise.resolve(runs++) });
    job.start();
    await until(() => checks > 2);
    expect(runs).toBe(0);
    due = true;
    await until(() => runs > 1);
    job.stop();
  });

  it('logs a database that is away once, resumes by itself, and logs the next outage again', async () => {
    const logger = new Recorder();
    const outcomes = [away(), away(), undefined, away()];
    const run = () => {
      const outcome = outcomes.shift();
      return outcome ? Promise.reject(outcome) : Promise.resolve();
    };
    const job = new PeriodicJob({ name: 'the test', everyMs: day, logger, run });
    for (let i = 0; i < 4; i++) await job.runNow();
    expect(logger.lines).toEqual(Array(2).fill('The database is not available: the test waits until it is.'));
  });

  it('logs any other error each time, and goes on', async () => {
    const logger = new Recorder();
    const error = new Error('a bug');
    const job = new PeriodicJob({ name: 'the test', everyMs: day, logger, run: () => Promise.reject(error) });
    await job.runNow();
    await job.runNow();
    expect(logger.lines).toEqual([error, error]);
  });
});

describe('in a service', () => {
  it('work under an advisory lock is done by one instance at a time', async () => {
    const app = await startAppForTest();
    const db = app.nest.get(PrismaService);
    const inner: unknown[] = [];
    const outer = await withAdvisoryLock(db, 42, async () => {
      inner.push(await withAdvisoryLock(db, 42, () => Promise.resolve('twice')));
      return 'once';
    });
    expect(outer).toEqual({ result: 'once' });
    expect(inner).toEqual([undefined]);
    expect(await withAdvisoryLock(db, 42, () => Promise.resolve('again'))).toEqual({ result: 'again' });
  });

  it('a shutdown lets the run in progress finish with the database still open', async () => {
    const app = await startAppForTest();
    const db = app.nest.get(PrismaService);
    let begun = false;
    let result: unknown;
    const job = app.nest.get(PeriodicJobs).add({
      name: 'the test',
      everyMs: day,
      run: async (signal) => {
        begun = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await new Promise((resolve) => setTimeout(resolve, 100));
        result = await db.$queryRaw`SELECT 1 AS one`;
      },
    });
    void job.runNow();
    await until(() => begun);
    await app.close();
    expect(result).toEqual([{ one: 1 }]);
  });
});
