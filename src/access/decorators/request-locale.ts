import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Locale } from '../../common/locale.js';
import { localeOf } from '../../common/locale.js';

/** The language that the request prefers (`Accept-Language`) among those that Pawl supports. */
export const RequestLocale = createParamDecorator((_: unknown, context: ExecutionContext): Locale => {
  return localeOf(context.switchToHttp().getRequest<FastifyRequest>().headers['accept-language']);
});
