import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DestinationStream, Logger } from 'pino';
import { AppModule } from './app.module.js';
import { Clock } from './common/clock.js';
import type { Config } from './config/config.js';
import { warnAboutSettings } from './config/warnings.js';
import { Readiness } from './health/readiness.js';
import { createAdapter, setUpHttp } from './http/adapter.js';
import { createLogger } from './http/logger.js';
import { NestLogger } from './http/nest-logger.js';
import { setUpDocs } from './http/openapi.js';
import { logRequests } from './http/request-log.js';
import { measureRequests } from './http/request-metrics.js';
import { traceRequests } from './http/request-traces.js';
import { drainConnections } from './http/shutdown.js';
import { Metrics } from './metrics/metrics.js';

export interface AppParts {
  /** Tests replace it. */
  clock?: Clock;
  /** Tests replace it. */
  logDestination?: DestinationStream;
  /** Routes beside Pawl's own, behind the same guards: tests and benchmarks add them. */
  controllers?: Type[];
  /** What was found before there was a log. */
  warnings?: readonly string[];
}

/** Builds the application with its database, ready to listen. `main` and every test start here. */
export async function createApp(config: Config, parts: AppParts = {}) {
  const { clock = new Clock(), controllers, logDestination, warnings = [] } = parts;
  const logger = await createLogger(config, logDestination);
  for (const warning of warnings) logger.warn({ context: 'Config' }, warning);
  const adapter = createAdapter(config);
  const module = AppModule.forRoot(config, clock, controllers);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: new NestLogger(logger),
  });
  try {
    await setUp(app, config, logger);
  } catch (error) {
    // The database, possibly the embedded one, is up by now. A start that fails must not leave it running.
    await app.close();
    throw error;
  }
  return app;
}

async function setUp(app: NestFastifyApplication, config: Config, logger: Logger): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  traceRequests(fastify, config);
  await setUpHttp(fastify, config);
  logRequests(fastify, logger);
  measureRequests(fastify, app.get(Metrics));
  drainConnections(fastify, app.get(Readiness), config);
  if (config.docs) setUpDocs(app, config);
  warnAboutSettings(config);
  await app.init();
}
