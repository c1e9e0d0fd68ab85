/**
 * Pawl, put together as src/app.setup.ts does, with two more routes that answer the same: one behind the guards' question
 * for a token, one `@Public()`.
 */
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Public } from '#pawl/nest/decorators/public.js';
import { AppModule } from '../../dist/app.module.js';
import { Clock } from '../../dist/common/clock.js';
import { loadConfig } from '../../dist/config/config.js';
import { createAdapter, setUpHttp } from '../../dist/http/adapter.js';
import { createLogger } from '../../dist/http/logger.js';
import { NestLogger } from '../../dist/http/nest-logger.js';
import { logRequests } from '../../dist/http/request-log.js';
import { measureRequests } from '../../dist/http/request-metrics.js';
import { Metrics } from '../../dist/metrics/metrics.js';
import { response } from './answer.mjs';

class BenchController {
  open() {
    return response;
  }

  guarded() {
    return response;
  }
}

const decorate = (name, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(BenchController.prototype, name);
  for (const decorator of decorators) decorator(BenchController.prototype, name, descriptor);
};
decorate('open', Public(), Get('open'));
decorate('guarded', Get('guarded'));
Controller('bench')(BenchController);

class BenchModule {}
const config = loadConfig(process.env);
Module({ imports: [AppModule.forRoot(config, new Clock())], controllers: [BenchController] })(BenchModule);

const logger = createLogger(config);
const app = await NestFactory.create(BenchModule, createAdapter(config), {
  bodyParser: false,
  logger: new NestLogger(logger),
});
const fastify = app.getHttpAdapter().getInstance();
await setUpHttp(fastify, config);
logRequests(fastify, logger);
measureRequests(fastify, app.get(Metrics));
await app.listen(config.port, config.host);
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
