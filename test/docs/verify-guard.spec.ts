import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CanActivate } from '@nestjs/common';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { PawlIntrospectionGuard } from '../../docs/examples/verify-by-introspection.js';
import { PawlGuard } from '../../docs/examples/verify-by-jwks.js';
import { requirePawlToken } from '../../docs/examples/verify-express.js';
import type { RegisteredClient } from '../oauth/clients.js';
import { issuer, newClient, serviceToken } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectStatus, makeAdmin, register } from '../support/http.js';

/** Another service. It contains only the guard of the document. */
@Controller()
class WhoController {
  @Get('who')
  who(@Req() request: FastifyRequest): unknown {
    return request.user;
  }
}

@Module({ controllers: [WhoController] })
class OtherService {}

async function startOtherService(guard: CanActivate): Promise<Pick<TestApp, 'url' | 'close'>> {
  const nest = await NestFactory.create(OtherService, new FastifyAdapter(), { logger: false });
  nest.useGlobalGuards(guard);
  await nest.listen(0, '127.0.0.1');
  return { url: await nest.getUrl(), close: () => nest.close() };
}

let pawl: TestApp;
let admin: Tokens;
let client: RegisteredClient;

beforeAll(async () => {
  pawl = await startApp();
  admin = await makeAdmin(pawl);
  client = await newClient(pawl, admin, { role: 'admin' });
});
afterAll(() => pawl.close());

const nowhere = 'http://127.0.0.1:1';

describe.each<[string, (address: string) => CanActivate]>([
  ['by-jwks', (address) => new PawlGuard(issuer, issuer, address)],
  [
    'by-introspection',
    (address) => {
      return new PawlIntrospectionGuard({ id: client.client_id, secret: client.client_secret }, issuer, address);
    },
  ],
])('the guard of docs/examples/verify-%s.ts', (name, guardAt) => {
  let service: Pick<TestApp, 'url' | 'close'>;
  beforeAll(async () => (service = await startOtherService(guardAt(pawl.url))));
  afterAll(() => service.close());

  const who = (token?: string) => call(service, 'GET', '/who', { token });

  it('is the code that docs/verify.md shows', () => {
    const read = (path: string) => readFileSync(join(import.meta.dirname, '../../docs', path), 'utf8');
    expect(read('verify.md')).toContain(`\`\`\`ts\n${read(`examples/verify-${name}.ts`)}\`\`\``);
  });

  it('accepts a user, and knows who it is', async () => {
    const { access_token: token, user } = await register(pawl);
    expect(await expectStatus(who(token), 200)).toMatchObject({ user_id: user.id, role: 'user', client_id: 'pawl' });
  });

  it('accepts a service, which is not a user', async () => {
    const claims = await expectStatus(who(await serviceToken(pawl, client)), 200);
    expect(claims).toMatchObject({ sub: client.client_id, role: 'admin' });
    expect(claims).not.toHaveProperty('user_id');
  });

  it.each<[string, () => Promise<string | undefined>]>([
    ['no token', async () => undefined],
    ['nonsense', async () => 'nonsense'],
    ['a refresh token', async () => (await register(pawl)).refresh_token],
    ['a changed token', async () => (await register(pawl)).access_token.replace(/.{4}$/, 'AAAA')],
    ['a token without signature', async () => (await register(pawl)).access_token.replace(/[^.]*$/, '')],
  ])('keeps out %s', async (_, token) => {
    expect((await who(await token())).status).toBe(401);
  });

  it('refuses a token for another audience', async () => {
    const elsewhere = await startApp({ database: pawl.db, env: { JWT_AUDIENCE: 'https://other.example.com' } });
    try {
      expect((await who((await register(elsewhere)).access_token)).status).toBe(401);
    } finally {
      await elsewhere.close();
    }
  });

  it('responds with 503, not 401, while Pawl cannot be reached', async () => {
    const alone = await startOtherService(guardAt(nowhere));
    try {
      const token = (await register(pawl)).access_token;
      expect((await call(alone, 'GET', '/who', { token })).status).toBeGreaterThanOrEqual(500);
    } finally {
      await alone.close();
    }
  });

  it(name === 'by-jwks' ? 'takes a revoked token until it expires' : 'keeps out a revoked token at once', async () => {
    const { access_token: token } = await register(pawl);
    expect((await who(token)).status).toBe(200);
    await call(pawl, 'POST', '/auth/logout', { token });
    expect((await who(token)).status).toBe(name === 'by-jwks' ? 200 : 401);
  });
});

describe('the middleware of docs/examples/verify-express.ts', () => {
  /** As Express calls it: the response of an error that is passed on is 500. */
  async function startExpressLike(address: string): Promise<Pick<TestApp, 'url' | 'close'>> {
    const middleware = requirePawlToken(issuer, issuer, address);
    const server = createServer((request: Parameters<typeof middleware>[0], response) => {
      middleware(request, response, (error) => {
        const body = error === undefined ? JSON.stringify(request.user) : '{}';
        response.writeHead(error === undefined ? 200 : 500, { 'content-type': 'application/json' }).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
    };
  }

  it('is the code that docs/verify.md shows', () => {
    const read = (path: string) => readFileSync(join(import.meta.dirname, '../../docs', path), 'utf8');
    expect(read('verify.md')).toContain(`\`\`\`ts\n${read('examples/verify-express.ts')}\`\`\``);
  });

  it('accepts users, refuses everything else with 401, and fails while Pawl cannot be reached', async () => {
    const [service, alone] = [await startExpressLike(pawl.url), await startExpressLike(nowhere)];
    try {
      const { access_token: token, refresh_token: refreshToken, user } = await register(pawl);
      expect(await expectStatus(call(service, 'GET', '/', { token }), 200)).toMatchObject({ user_id: user.id });
      for (const bad of [undefined, 'nonsense', refreshToken, token.replace(/.{4}$/, 'AAAA')]) {
        const { status, headers } = await call(service, 'GET', '/', { token: bad });
        expect({ status, challenge: headers.get('www-authenticate') }).toEqual({ status: 401, challenge: 'Bearer' });
      }
      expect((await call(alone, 'GET', '/', { token })).status).toBe(500);
    } finally {
      await Promise.all([service.close(), alone.close()]);
    }
  });
});
