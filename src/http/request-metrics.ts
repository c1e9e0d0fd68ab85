import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.js';

/** Every answer by method, route and status. The route's template, never the URL: what is sent makes no new series. */
export function measureRequests(fastify: FastifyInstance, { httpRequestSeconds }: Metrics): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url;
    // Without a route the method is the caller's choice among the thirty-odd that Node reads.
    const method = route === undefined ? '(any)' : request.method;
    const labels = { method, route: route ?? '(none)', status: reply.statusCode };
    httpRequestSeconds.observe(labels, reply.elapsedTime / 1000);
    done();
  });
}
