import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.js';

/** Measures every response by method, route and status. The route is its pattern, so no URL creates a new series. */
export function measureRequests(fastify: FastifyInstance, { httpRequestSeconds }: Metrics): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url;
    // Without a route, the caller chooses the method among the more than thirty that Node accepts.
    const method = route === undefined ? '(any)' : request.method;
    const labels = { method, route: route ?? '(none)', status: reply.statusCode };
    httpRequestSeconds.observe(labels, reply.elapsedTime / 1000);
    done();
  });
}
