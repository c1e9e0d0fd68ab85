import type { Principal } from '#pawl/nest/principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access guard; undefined on a public route. */
    user?: Principal;
  }
}
