import { isIPv6 } from 'node:net';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppParts } from './app.setup.js';
import { createApp } from './app.setup.js';
import { explainStartFailure } from './cli/start-failure.js';
import { OperatorError } from './common/operator-error.js';
import { packageVersion } from './common/package-folder.js';
import type { Config } from './config/config.js';
import { loadConfig } from './config/config.js';
import { readEnvironment } from './config/environment.js';
import { PrismaService } from './database/prisma.service.js';
import { mayPassByItself } from './database/unavailable.js';
import { findPort } from './http/free-port.js';
import { stopOnSignals } from './http/shutdown.js';
import { showsEmails } from './pages/dev-mail.controller.js';

const retryMs = 500;

/** Starts the service. Resolves once it listens. Ends the process with one sentence if it cannot start. */
export async function startService(processEnv: NodeJS.ProcessEnv): Promise<void> {
  const warnings: string[] = [];
  try {
    await listen(readEnvironment(processEnv, { warn: (warning) => warnings.push(warning) }), warnings);
  } catch (error) {
    process.stderr.write(`${explainStartFailure(error)}\n`);
    process.exit(1);
  }
}

async function listen(environment: NodeJS.ProcessEnv, warnings: readonly string[]): Promise<void> {
  const { port, host } = loadConfig(environment);
  // A free port is chosen before the issuer and the links are made of it, and a busy one is reported before a database is.
  const config = loadConfig({ ...environment, PORT: String(await findPort(port, host)) });
  const starting = createAppPatiently(config, { warnings });
  stopOnSignals(starting);
  const app = await starting;
  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  await announce(app, config);
}

/**
 * Starts over while the database goes away in the middle of the start, as a restarted process would, until
 * DATABASE_START_TIMEOUT. The start itself waits for one that is away from the beginning.
 */
export async function createAppPatiently(config: Config, parts: AppParts): Promise<NestFastifyApplication> {
  const deadlineMs = performance.now() + config.database.startTimeoutSeconds * 1000;
  for (;;) {
    try {
      return await createApp(config, parts);
    } catch (error) {
      if (!mayPassByItself(error)) throw error;
      const reason = (error as Error).message.trim().split('\n').at(-1);
      if (performance.now() + retryMs > deadlineMs) {
        const { startTimeoutSeconds } = config.database;
        throw new OperatorError(`The database kept going away for ${startTimeoutSeconds} s (${reason}): see its log.`);
      }
      new Logger('Pawl').warn(`The database went away during the start, which begins again: ${reason}`);
      await sleep(retryMs);
    }
  }
}

/** Prints what runs, with which database, and where to go next. */
async function announce(app: NestFastifyApplication, config: Config): Promise<void> {
  const logger = new Logger('Pawl');
  const url = `http://${displayHost(config.host)}:${config.port}`;
  logger.log(`Pawl ${packageVersion()} on Node ${process.versions.node}, ${await describeDatabase(app, config)}`);
  logger.log(`Running at ${url}`);
  if (showsEmails(config)) logger.log(`Emails: ${url}/dev/mail`);
  if (config.docs) logger.log(`Swagger UI: ${url}/docs`);
}

async function describeDatabase(app: NestFastifyApplication, { database, dataDir }: Config): Promise<string> {
  const [row] = await app.get(PrismaService).$queryRaw<[{ server_version: string }]>`SHOW server_version`;
  const [version = ''] = row.server_version.split(' ');
  const place = database.url === undefined ? `embedded, data in ${relative('', dataDir) || '.'}` : 'at DATABASE_URL';
  return `PostgreSQL ${version} (${place})`;
}

/** `localhost` for the loopback and for all addresses: every browser treats it as secure. */
function displayHost(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)) return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}
