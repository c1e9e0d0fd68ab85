import type { LoggerService } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { Principal } from '../common/principal.js';
import type { Config } from '../config/config.js';
import { pretty } from './pretty-log.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request was refused; the request's log line names its code and private detail. */
    refusal?: { code: string; privateDetail: string };
    /** Set by the access guard. */
    user?: Principal;
  }
}

// Headers, cookies and bodies are never logged; this is the second line of defence, should an error object carry some.
const secretFields = ['authorization', 'cookie', 'password', 'refresh_token', 'access_token', 'refreshToken', 'token'];

/** JSON lines in production, readable ones elsewhere. */
export function createLogger(config: Config, destination?: DestinationStream): Logger {
  const options = {
    level: config.logLevel,
    serializers: { err: describeError },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), remove: true },
  };
  return pino(options, destination ?? (config.production ? pino.destination(1) : pretty()));
}

interface ErrorDescription {
  type: string;
  message: string;
  stack: string | undefined;
  code: unknown;
  cause: ErrorDescription | undefined;
}

/** What any error has, and no more: a database's carries the row that it refused, with its hashes and addresses. */
function describeError(error: unknown): ErrorDescription | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message, stack } = error;
  return { type: name, message, stack, code: (error as { code?: unknown }).code, cause: describeError(error.cause) };
}

/** One line per request: id, method, route, status, milliseconds and user. The route's pattern, never the URL itself. */
export function logRequests(fastify: FastifyInstance, logger: Logger): void {
  if (!logger.isLevelEnabled('info')) return;
  fastify.addHook('onResponse', (request: FastifyRequest, reply, done) => {
    const { refusal } = request;
    logger.info({
      req_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? '(none)',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      user_id: request.user?.userId,
      // Of a service, which is no user.
      client_id: request.user?.userId === undefined ? request.user?.clientId : undefined,
      ...(refusal && { code: refusal.code, detail: refusal.privateDetail }),
    });
    done();
  });
}

/** What Nest says of its own wiring at each start: for whoever asks for it. */
const frameworkContexts: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Where Nest reports why a start failed; main.ts does that, in one sentence where one is enough. */
const startFailureContext = 'ExceptionHandler';

/** Nest's own lines and ours (`new Logger(context)`) as lines of the one logger. */
export class PinoLoggerService implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(frameworkContexts.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== startFailureContext) this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest puts the context last, and before it (of an error) the stack. */
  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    if (message instanceof Error) this.logger[level]({ context, err: message });
    else if (typeof message === 'string') this.logger[level]({ context, stack }, message);
    else this.logger[level]({ context, ...(message as object) });
  }
}
