import './request-traces.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { TraceIds } from '../tracing/traceparent.js';
import { parseTraceparent } from '../tracing/traceparent.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request was refused. The log line of the request shows the code and the private detail. */
    refusal?: { code: string; privateDetail: string };
  }
}

/** Logs one line per request: id, method, route, status, milliseconds and user. The route is its pattern, never the URL. */
export function logRequests(fastify: FastifyInstance, logger: Logger): void {
  if (!logger.isLevelEnabled('info')) return;
  fastify.addHook('onResponse', (request: FastifyRequest, reply, done) => {
    const { refusal, user } = request;
    logger.info({
      req_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? '(none)',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      user_id: user?.userId,
      // A service has no user id.
      client_id: user?.userId === undefined ? user?.clientId : undefined,
      ...(refusal && { code: refusal.code, detail: refusal.privateDetail }),
      ...traceIdsOf(request),
    });
    done();
  });
}

/** Those of the request's span. If requests are not traced here, those that the caller or a proxy has sent. */
function traceIdsOf({ span, headers }: FastifyRequest): TraceIds | undefined {
  if (!span) return parseTraceparent(headers.traceparent);
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}
