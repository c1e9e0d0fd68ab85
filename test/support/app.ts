import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DestinationStream } from 'pino';
import { createApp } from '../../src/app.setup.js';
import { Clock } from '../../src/common/clock.js';
import { loadConfig } from '../../src/config/config.js';
import { MailSender } from '../../src/mail/mail-sender.js';
import type { TestDatabase } from './database.js';
import { createTestDatabase } from './database.js';

/** A running service on a database of its own, with a clock that tests move. */
export interface TestApp {
  /** Where it listens, such as http://127.0.0.1:40123. */
  url: string;
  clock: Clock;
  db: TestDatabase;
  nest: NestFastifyApplication;
  close(): Promise<void>;
}

export interface StartOptions {
  /** Settings that differ from the tests' own. */
  env?: NodeJS.ProcessEnv;
  /** A second instance on the same database, which then stays when this instance closes. */
  database?: TestDatabase;
  clock?: Clock;
  /** Routes beside Pawl's own. */
  controllers?: Type[];
  logDestination?: DestinationStream;
  /** Emails are sent in the background and not only when a test says so. Their statements come between those of requests. */
  sendsMails?: boolean;
}

export const testSecret = 'a-secret-for-tests-of-at-least-32-characters';

/** Cheap hashes, no log and no limits; everything else as it ships. */
export const testEnv = {
  NODE_ENV: 'test',
  PORT: '0',
  AUTH_SECRET: testSecret,
  PUBLIC_URL: 'http://localhost:3000',
  ARGON2_MEMORY_KIB: '1024',
  ARGON2_PASSES: '1',
  // All tests share one address. Those about limits switch them on.
  RATE_LIMITS: 'off',
  LOG_LEVEL: 'silent',
};

export async function startApp({
  env,
  database,
  clock = new Clock(),
  controllers,
  logDestination,
  sendsMails = false,
}: StartOptions = {}): Promise<TestApp> {
  const db = database ?? (await createTestDatabase());
  // Instances on one database are one service: they share a folder too.
  const dataDir = join(process.env.TEST_DATA_DIR!, new URL(db.url).pathname);
  const config = loadConfig({ ...testEnv, DATABASE_URL: db.url, DATA_DIR: dataDir, ...env });
  const nest = await createApp(config, { clock, controllers, logDestination });
  await nest.listen(0, '127.0.0.1');
  if (!sendsMails) nest.get(MailSender, { strict: false }).pause();
  const { port } = nest.getHttpServer().address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    clock,
    db,
    nest,
    close: async () => {
      await nest.close();
      if (!database) await db.drop();
    },
  };
}
