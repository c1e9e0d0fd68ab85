/** For scale: NestJS on Fastify with one route, as both come, and nothing of Pawl. */
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { response } from './answer.mjs';

class EmptyController {
  read() {
    return response;
  }
}
Get('open')(EmptyController.prototype, 'read', Object.getOwnPropertyDescriptor(EmptyController.prototype, 'read'));
Controller('bench')(EmptyController);

class EmptyModule {}
Module({ controllers: [EmptyController] })(EmptyModule);

const app = await NestFactory.create(EmptyModule, new FastifyAdapter(), { logger: false });
await app.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
