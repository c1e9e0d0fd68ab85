import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import cookies from '@fastify/cookie';
import type { FastifyCorsOptions } from '@fastify/cors';
import cors from '@fastify/cors';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { includesOrigin } from '../config/origins.js';
import { acceptForms, isOAuthRequest } from '../oauth/form.js';
import { hasReadablePath, refuseBrokenRequest } from './broken-requests.js';
import { readForwardedAddresses } from './forwarding.js';
import { logRefusedOrigins } from './refused-origins.js';
import { securityHeaders } from './security-headers.js';

const bodyLimitBytes = 64 * 1024;
const requestTimeoutMs = 30_000;
const corsMaxAgeSeconds = 10 * 60;
/** Larger than any request head that Node accepts, so an id of any length reaches its route and is 404 if malformed. */
const maxParamLength = 64 * 1024;

export function createAdapter(config: Config): FastifyAdapter {
  return new FastifyAdapter({
    // We use no middleware, and each request is cheaper without its engine.
    skipMiddie: true,
    trustProxy: trustedProxies(config.trustProxy),
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // While the service drains, requests on kept-alive connections are still served.
    return503OnClosing: false,
    routerOptions: { maxParamLength },
    // The router would respond before any hook runs: without request id, security headers or log line.
    rewriteUrl: ({ url = '/' }) => (hasReadablePath(url) ? url : '/unreadable-path'),
    clientErrorHandler: refuseBrokenRequest,
    // Node would respond by itself, with a bare 400. findRefusal responds with a problem instead.
    http: { requireHostHeader: false },
  });
}

/** A number counts proxies: that many addresses are trusted, starting with the connection's own (docs/configuration.md). */
function trustedProxies(setting: Config['trustProxy']) {
  return typeof setting === 'number' ? (_address: string, hop: number) => hop < setting : setting;
}

/** Sets up what every route shares: body parsers, cookies, security headers, request id and CORS. */
export async function setUpHttp(fastify: FastifyInstance, config: Config): Promise<void> {
  acceptJson(fastify);
  acceptForms(fastify);
  acceptBeacons(fastify);
  readForwardedAddresses(fastify, config);
  const headers = {
    ...securityHeaders(config),
    // A response is for one caller at one moment. A route whose response may be cached overrides this.
    'cache-control': 'no-store',
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id);
    done();
  });
  await fastify.register(cookies);
  if (!config.production) logRefusedOrigins(fastify, config);
  if (config.corsOrigins.length > 0) await fastify.register(cors, corsOptions(config));
  fastify.addHook('onRequest', (request, _reply, done) => done(findRefusal(request)));
  // Ignores an unknown expectation (RFC 9110 section 10.1.1). Node would respond with a bare 417.
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
}

/** Returns the reason to refuse a request before its body is read, if there is one. */
function findRefusal({ originalUrl, headers, raw, is404 }: FastifyRequest): ApiError | undefined {
  if (!hasReadablePath(originalUrl)) return new ApiError('invalid_request', 'the path cannot be decoded');
  // RFC 9112 section 3.2.
  if (headers.host === undefined && raw.httpVersion === '1.1') return new ApiError('invalid_request', 'no Host');
  if (is404) return new ApiError('not_found', 'no such route');
  return undefined;
}

/** Accepts JSON bodies everywhere except under /oauth/, where bodies are forms. */
function acceptJson(fastify: FastifyInstance): void {
  // A prototype-poisoning key is an error and is not stripped silently.
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
    // The parser calls back before it returns, and its return value is unused.
    void parse(request, body.toString(), (error, value) => {
      // The parser's message is dropped: it may quote the body, and with it a password.
      done(error && new ApiError('malformed_json'), value as unknown);
    });
  });
}

/** `navigator.sendBeacon(url, '')` sends an empty text/plain body, which counts as no body: a page may sign out as it closes. */
function acceptBeacons(fastify: FastifyInstance): void {
  fastify.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body: string, done) => {
    done(body === '' ? null : new ApiError('unsupported_media_type', 'a text/plain body'), undefined);
  });
}

/** Allows the listed origins only, with credentials, so that a frontend on another origin may use cookies. */
function corsOptions({ corsOrigins }: Config): FastifyCorsOptions {
  const listed = new Set(corsOrigins);
  return {
    // With a list instead of a function, other origins would receive every CORS header except Allow-Origin.
    origin: (origin, allow) => allow(null, includesOrigin(listed, origin)),
    credentials: true,
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: ['Pawl-Device', 'Pawl-Refresh', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
    maxAge: corsMaxAgeSeconds,
    // An OPTIONS request that is not a preflight is handled like any other request.
    strictPreflight: false,
  };
}
