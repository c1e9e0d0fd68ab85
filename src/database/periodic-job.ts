import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import type { Prisma } from './generated/client.js';
import { PrismaService } from './prisma.service.js';
import { isDatabaseUnavailable } from './unavailable.js';

export interface PeriodicJobOptions {
  /** Names the job in the log, such as `the clean-up of sessions`. */
  name: string;
  everyMs: number;
  /** Skips a scheduled run if it returns false. Does not affect `runNow`. */
  isDue?: () => boolean;
  /** `signal` is aborted at shutdown: a long run stops at its next opportunity. */
  run: (signal: AbortSignal) => Promise<unknown>;
  logger?: Logger;
}

/**
 * Work that repeats at an interval. Runs of one job never overlap. A database that is away is logged once, and the job
 * resumes by itself; other errors are logged each time. No error ends the job or the process.
 */
export class PeriodicJob {
  private readonly logger: Logger;
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private current: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private databaseAway = false;

  constructor(private readonly options: PeriodicJobOptions) {
    this.logger = options.logger ?? new Logger('Jobs');
  }

  /** Begins to run the job at its interval; the first run comes after one interval. */
  start(): void {
    if (this.timer || this.stopping.signal.aborted) return;
    this.timer = setInterval(() => this.onInterval(), this.options.everyMs).unref();
  }

  /** Ends the interval. `runNow` still works: tests run jobs when they want to. */
  pause(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Begins no further run. The run in progress goes on until it notices `signal`. */
  stop(): void {
    this.pause();
    this.stopping.abort();
  }

  /** Resolves when no run is in progress. */
  async idle(): Promise<void> {
    while (this.next ?? this.current) await (this.next ?? this.current);
  }

  /** Resolves when a run that began after this call has ended. Calls during one run share the next. Never rejects. */
  runNow(): Promise<void> {
    if (this.stopping.signal.aborted) return this.idle();
    if (!this.current) return this.begin();
    this.next ??= this.current.then(() => {
      this.next = undefined;
      return this.begin();
    });
    return this.next;
  }

  /** Runs other work under the job's error handling, unless the job was stopped. Never rejects. */
  async attempt(work: () => Promise<unknown>): Promise<void> {
    if (this.stopping.signal.aborted) return;
    try {
      await work();
      this.databaseAway = false;
    } catch (error) {
      this.report(error);
    }
  }

  /** Logs an error: of a database that is away only the first until a run succeeds. */
  report(error: unknown): void {
    const unavailable = isDatabaseUnavailable(error);
    if (!unavailable) this.logger.error(error);
    else if (!this.databaseAway) {
      this.logger.warn(`The database is not available: ${this.options.name} waits until it is.`);
    }
    this.databaseAway = unavailable;
  }

  private onInterval(): void {
    if (!this.current && (this.options.isDue?.() ?? true)) void this.begin();
  }

  private begin(): Promise<void> {
    this.current = this.attempt(() => this.options.run(this.stopping.signal)).finally(() => (this.current = undefined));
    return this.current;
  }
}

/**
 * All periodic jobs of this instance. They start with the application. At shutdown they begin no further run, and the
 * database stays open until the runs in progress have ended.
 */
@Injectable()
export class PeriodicJobs implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly jobs: PeriodicJob[] = [];

  constructor(
    // Injected so that Nest shuts the jobs down before the database.
    readonly db: PrismaService,
  ) {}

  add(options: PeriodicJobOptions): PeriodicJob {
    const job = new PeriodicJob(options);
    this.jobs.push(job);
    return job;
  }

  /** Runs every job once, also those that are not due. For tests. */
  async runAllNow(): Promise<void> {
    await Promise.all(this.jobs.map((job) => job.runNow()));
  }

  onApplicationBootstrap(): void {
    for (const job of this.jobs) job.start();
  }

  beforeApplicationShutdown(): void {
    for (const job of this.jobs) job.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.jobs.map((job) => job.idle()));
  }
}

/**
 * Runs `work` in a transaction that holds an advisory lock, so that one instance at a time does it. An instance that dies
 * leaves no lock behind. Returns undefined, without running `work`, while another instance holds the lock.
 */
export function withAdvisoryLock<Result>(
  db: PrismaService,
  lock: number,
  work: (tx: Prisma.TransactionClient) => Promise<Result>,
): Promise<{ result: Result } | undefined> {
  return db.$transaction(async (tx) => {
    const [taken] = await tx.$queryRaw<{ mine: boolean }[]>`SELECT pg_try_advisory_xact_lock(${lock}::bigint) AS mine`;
    return taken!.mine ? { result: await work(tx) } : undefined;
  });
}
