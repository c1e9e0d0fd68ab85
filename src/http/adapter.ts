import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import cookies from '@fastify/cookie';
import type { FastifyCorsOptions } from '@fastify/cors';
import cors from '@fastify/cors';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { acceptForms, isOAuthRequest } from '../oauth/form.js';
import { answerBrokenRequest, hasReadablePath } from './broken-requests.js';
import { securityHeaders } from './security-headers.js';

const bodyLimitBytes = 64 * 1024;
const requestTimeoutMs = 30_000;
const corsMaxAgeSeconds = 10 * 60;
/** More than Node accepts of a whole request head: an id of any length is looked at, and is 404 if malformed. */
const maxParamLength = 64 * 1024;

export function createAdapter(config: Config): FastifyAdapter {
  return new FastifyAdapter({
    // No middleware is used; without its engine each request is a little cheaper.
    skipMiddie: true,
    trustProxy: trustedProxies(config.trustProxy),
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // A request on a kept-alive connection is answered as any other while the service drains.
    return503OnClosing: false,
    routerOptions: { maxParamLength },
    // The router would answer it before any hook: without request id, security headers or log line.
    rewriteUrl: ({ url = '/' }) => (hasReadablePath(url) ? url : '/'),
    clientErrorHandler: answerBrokenRequest,
    // Node would answer it by itself, and barely: see refusalAtOnce.
    http: { requireHostHeader: false },
  });
}

/** A number counts proxies: that many addresses, from the connection's own on, are believed (docs/configuration.md). */
function trustedProxies(setting: Config['trustProxy']) {
  return typeof setting === 'number' ? (_address: string, hop: number) => hop < setting : setting;
}

/** Everything about HTTP that is no feature: body parser, cookies, security headers, request id, CORS. */
export async function setUpHttp(fastify: FastifyInstance, config: Config): Promise<void> {
  acceptJson(fastify);
  acceptForms(fastify);
  const headers = {
    ...securityHeaders(config),
    // Whatever we answer is for one caller and one moment; a route that may be cached says so itself.
    'cache-control': 'no-store',
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id);
    done();
  });
  await fastify.register(cookies);
  if (config.corsOrigins.length > 0) await fastify.register(cors, corsOptions(config));
  fastify.addHook('onRequest', (request, _reply, done) => done(refusalAtOnce(request)));
  // An expectation that we do not know is ignored (RFC 9110 section 10.1.1); Node's own answer would be a bare 417.
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
}

/** Before anything of the body is looked at. */
function refusalAtOnce({ originalUrl, headers, raw, is404 }: FastifyRequest): ApiError | undefined {
  if (!hasReadablePath(originalUrl)) return new ApiError('invalid_request', 'the path cannot be decoded');
  // RFC 9112 section 3.2.
  if (headers.host === undefined && raw.httpVersion === '1.1') return new ApiError('invalid_request', 'no Host');
  if (is404) return new ApiError('not_found', 'no such route');
  return undefined;
}

/** Everywhere but under /oauth/, where bodies are forms. */
function acceptJson(fastify: FastifyInstance): void {
  // A prototype-poisoning key is an error, not something to strip silently.
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (isOAuthRequest(request)) {
      done(new ApiError('unsupported_media_type', 'JSON under /oauth/'));
      return;
    }
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    if (!isUtf8(body)) {
      done(new ApiError('malformed_json', 'not UTF-8 (RFC 8259 section 8.1)'));
      return;
    }
    // It answers at once and through `done`; what it returns is nothing.
    void parse(request, body.toString(), (error, value) => {
      // Not its message: a parser may quote the body, and with it a password.
      done(error && new ApiError('malformed_json'), value as unknown);
    });
  });
}

/** For the listed origins only, with credentials: a frontend on another origin may use cookies. */
function corsOptions({ corsOrigins }: Config): FastifyCorsOptions {
  const listed = new Set(corsOrigins);
  return {
    // A function, since with a list the others would be given every header but the one that counts.
    origin: (origin, allow) => allow(null, origin !== undefined && listed.has(origin)),
    credentials: true,
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: ['Pawl-Device', 'Pawl-Refresh', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
    maxAge: corsMaxAgeSeconds,
    // An OPTIONS request that is no preflight is answered like any other.
    strictPreflight: false,
  };
}
