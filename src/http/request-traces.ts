import type { Attributes, Context, Span } from '@opentelemetry/api';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findTracer } from '../tracing/tracer.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The server span of the request, if requests are traced. */
    span?: Span;
  }
}

/**
 * Starts a server span for each request, by OpenTelemetry's semantic conventions for HTTP. Names and attributes come from route
 * templates and closed lists. They have no address, no user agent, no id and no query, because those are personal data or
 * secrets: a log line has the same `trace_id`, and what it says is for the operator only.
 */
export function traceRequests(fastify: FastifyInstance, { publicUrl }: { publicUrl: string }): void {
  const tracer = findTracer();
  if (!tracer) return;
  const origin = attributesOfOrigin(new URL(publicUrl));
  const contexts = new WeakMap<FastifyRequest, Context>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const { route, method, attributes } = describe(request);
    const parent = callerOf(request);
    const options = { kind: SpanKind.SERVER, attributes: { ...origin, ...attributes } };
    const span = tracer.startSpan(route === undefined ? method : `${method} ${route}`, options, parent);
    request.span = span;
    contexts.set(request, trace.setSpan(parent, span));
    // Also when the client has disconnected and there is no response.
    reply.raw.once('close', () => endSpan(span, request, reply));
    context.with(contexts.get(request)!, done);
  });
  // The events of a body that is read do not carry the context on.
  fastify.addHook('preHandler', (request, _reply, done) => context.with(contexts.get(request)!, done));
}

/**
 * The caller's span, as the operator's SDK reads it from `traceparent`. Nothing else depends on it. `baggage` is dropped: Pawl
 * would pass what a stranger wrote on to other services.
 */
function callerOf(request: FastifyRequest): Context {
  const caller = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, request.headers));
  return caller ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
}

function attributesOfOrigin({ protocol, hostname, port }: URL): Attributes {
  const scheme = protocol.slice(0, -1);
  return {
    'url.scheme': scheme,
    'server.address': hostname,
    'server.port': Number(port || (scheme === 'https' ? 443 : 80)),
  };
}

function describe(request: FastifyRequest) {
  const route = request.routeOptions.url;
  // Without a route, the caller chooses the method among the more than thirty that Node.js accepts.
  const method = route === undefined ? 'HTTP' : request.method;
  const attributes: Attributes = {
    'http.request.method': route === undefined ? '_OTHER' : request.method,
    'network.protocol.version': request.raw.httpVersion,
    'http.response.header.x-request-id': [request.id],
  };
  if (route !== undefined) attributes['http.route'] = route;
  // Any other path has an id in it.
  if (route !== undefined && !/[:*]/.test(route)) attributes['url.path'] = route;
  return { route, method, attributes };
}

function endSpan(span: Span, { refusal }: FastifyRequest, { raw, statusCode }: FastifyReply): void {
  if (raw.headersSent) span.setAttribute('http.response.status_code', statusCode);
  if (refusal) span.setAttribute('pawl.error.code', refusal.code);
  if (statusCode >= 500) {
    span.setAttribute('error.type', refusal?.code ?? String(statusCode)).setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
