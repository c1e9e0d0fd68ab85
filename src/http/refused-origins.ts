import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { includesOrigin, normaliseOrigin } from '../config/origins.js';

const maxLogged = 20;

/** Logs each origin whose pages may not call the service, once, with the setting that allows it. For development. */
export function logRefusedOrigins(fastify: FastifyInstance, config: Config): void {
  const logger = new Logger('Http');
  const known = new Set([config.origin, ...config.corsOrigins]);
  const logged = new Set<string>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { origin } = request.headers;
    const isNew = origin !== undefined && !includesOrigin(known, origin) && !logged.has(origin);
    if (isNew && logged.size < maxLogged && normaliseOrigin(origin) !== undefined && !isSameOrigin(origin, request)) {
      logged.add(origin);
      const setting = [...config.corsOrigins, origin].join(',');
      logger.warn(`A page at ${origin} may not call this service. To allow it, set CORS_ORIGINS=${setting}`);
    }
    done();
  });
}

/** Our own page under another of the machine's names, such as 127.0.0.1. */
function isSameOrigin(origin: string, { headers }: FastifyRequest): boolean {
  return new URL(origin).host === headers.host;
}
