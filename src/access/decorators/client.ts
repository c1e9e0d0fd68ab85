import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { clientAddress } from '../../common/client-address.js';
import type { ClientInfo } from '../../common/client-info.js';

const maxUserAgentCharacters = 512;

/** Where the request came from: the address (see TRUST_PROXY) and the user agent. */
export const Client = createParamDecorator((_: unknown, context: ExecutionContext): ClientInfo => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    ip: clientAddress(request),
    userAgent: request.headers['user-agent']?.slice(0, maxUserAgentCharacters) ?? null,
  };
});
