import type { AddressInfo, Server as TcpServer } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ClientProxy } from '@nestjs/microservices';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import WebSocket from 'ws';
import { afterThisTest } from '../../../../test/support/cleanup.js';
import { CurrentUser } from '../../src/decorators/current-user.js';
import { Public } from '../../src/decorators/public.js';
import { RequireAuth } from '../../src/decorators/require-auth.js';
import { Roles } from '../../src/decorators/roles.js';
import { Scopes } from '../../src/decorators/scopes.js';
import type { PawlOptions } from '../../src/options.js';
import { PawlModule } from '../../src/pawl.module.js';
import type { UserPrincipal } from '../../src/principal.js';

@Controller('orders')
class OrdersController {
  @Public()
  @Get('open')
  open() {
    return { userId: 'nobody' };
  }

  @Get('user')
  @MessagePattern('user')
  user(@CurrentUser() user: UserPrincipal) {
    return { userId: user.userId };
  }

  @Roles('admin')
  @Get('admin')
  @MessagePattern('admin')
  admin(@CurrentUser() user: UserPrincipal) {
    return { userId: user.userId };
  }

  @Public()
  @MessagePattern('open')
  openMessage() {
    return { userId: 'nobody' };
  }

  @Scopes('orders:read', 'orders:write')
  @Get('scoped')
  scoped() {
    return {};
  }

  @RequireAuth({ maxAgeSeconds: 300, acr: 'aal2' })
  @Get('sensitive')
  sensitive() {
    return {};
  }

  /** For callers that have a token. */
  @Get('any')
  any() {
    return {};
  }
}

@WebSocketGateway({ path: '/socket' })
class OrdersGateway {
  @SubscribeMessage('user')
  user() {
    return { event: 'response', data: { userId: 'somebody' } };
  }

  @Roles('admin')
  @SubscribeMessage('admin')
  admin() {
    return { event: 'response', data: { userId: 'somebody' } };
  }
}

@WebSocketGateway({ path: '/news' })
class NewsGateway {
  @Public()
  @SubscribeMessage('open')
  open() {
    return { event: 'response', data: { userId: 'nobody' } };
  }
}

/** A service of another team, on Fastify, with gateways and, as a hybrid application, TCP. */
export interface OtherService {
  url: string;
  tcp: ClientProxy;
  close(): Promise<void>;
}

export async function startService(options: PawlOptions): Promise<OtherService> {
  @Module({
    imports: [PawlModule.forRoot(options)],
    controllers: [OrdersController],
    providers: [OrdersGateway, NewsGateway],
  })
  class OrdersModule {}
  const app = await NestFactory.create(OrdersModule, new FastifyAdapter(), { logger: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  // It does not inherit the configuration, and so has no global guard of its own.
  const microservice = app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as TcpServer).address() as AddressInfo;
  const tcpServer = microservice.unwrap<TcpServer>().address() as AddressInfo;
  const tcp = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: tcpServer.port },
  });
  const close = async () => {
    tcp.close();
    await app.close();
  };
  return { url: `http://127.0.0.1:${port}`, tcp, close };
}

/** Closes when the test ends. */
export async function startServiceForTest(options: PawlOptions): Promise<OtherService> {
  const service = await startService(options);
  afterThisTest(() => service.close());
  return service;
}

export async function get({ url }: Pick<OtherService, 'url'>, path: string, token?: string) {
  const response = await fetch(`${url}/orders/${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const body = (await response.json()) as { code?: string; userId?: string };
  return { status: response.status, headers: response.headers, ...body };
}

/** Resolves once the WebSocket is open. Rejects with the code of the refusal if it is refused. */
export async function openSocket({ url }: Pick<OtherService, 'url'>, path: string, token?: string): Promise<WebSocket> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers });
  socket.on('error', () => undefined);
  afterThisTest(async () => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (bytes: Buffer) => (text += bytes.toString()));
      response.once('end', () => reject(new Error((JSON.parse(text) as { code: string }).code)));
    });
  });
  return socket;
}

/** The close code and the reason. */
export function closeOf(socket: WebSocket): Promise<[code: number, reason: string]> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve([code, reason.toString()]));
  });
}
