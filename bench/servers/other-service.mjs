/**
 * A service that accepts Pawl's tokens with @pawl/nest and follows the feed, on Fastify with a gateway. Its routes respond
 * with the same as those of empty-nest.mjs. `BENCH_UNGUARDED` leaves the package out.
 */
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { Public } from '#pawl/nest/decorators/public.js';
import { PawlModule } from '#pawl/nest/pawl.module.js';
import { response } from './answer.mjs';

const { BENCH_UNGUARDED, ISSUER, JWKS_URI, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;

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

class BenchGateway {}
WebSocketGateway({ path: '/socket' })(BenchGateway);

class BenchModule {}
const revocation = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
const pawl = BENCH_UNGUARDED ? [] : [PawlModule.forRoot({ issuer: ISSUER, jwksUri: JWKS_URI, revocation })];
Module({ imports: pawl, controllers: [BenchController], providers: [BenchGateway] })(BenchModule);

const app = await NestFactory.create(BenchModule, new FastifyAdapter(), { logger: ['warn', 'error'] });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
