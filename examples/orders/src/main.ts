import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { PawlModule } from '@pawl/nest';
import { OrdersController } from './orders.controller.js';

const { PAWL_URL: issuer = '', PAWL_CLIENT_ID: clientId = '', PAWL_CLIENT_SECRET: clientSecret = '' } = process.env;

@Module({
  imports: [PawlModule.forRoot({ issuer, revocation: { clientId, clientSecret } })],
  controllers: [OrdersController],
})
class OrdersModule {}

const app = await NestFactory.create(OrdersModule, new FastifyAdapter(), { logger: ['warn', 'error'] });
await app.listen(process.env.PORT ?? 3001, '127.0.0.1');
console.log(`Orders at ${await app.getUrl()}`);
