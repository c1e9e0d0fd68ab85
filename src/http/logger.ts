import { trace } from '@opentelemetry/api';
import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { Config } from '../config/config.js';
import type { TraceIds } from '../tracing/traceparent.js';
import { findTracer } from '../tracing/tracer.js';

// Headers, cookies and bodies are never logged. This is a second line of defence, in case an error object carries some.
const secretFields = ['authorization', 'cookie', 'password', 'refresh_token', 'access_token', 'refreshToken', 'token'];

/** Logs JSON lines in production and readable lines elsewhere. */
export async function createLogger(config: Config, destination?: DestinationStream): Promise<Logger> {
  const options = {
    level: config.logLevel,
    ...(findTracer() && { mixin: activeTraceIds }),
    serializers: { err: describeError },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), remove: true },
  };
  return pino(options, destination ?? (await standardOutput(config)));
}

async function standardOutput({ production }: Config): Promise<DestinationStream> {
  if (production) return pino.destination(1);
  // Production does not load what formats lines.
  const { prettyLog } = await import('./pretty-log.js');
  return prettyLog();
}

/** A line that is written during a traced request belongs to its trace. */
function activeTraceIds(): TraceIds | object {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

interface ErrorDescription {
  type: string;
  message: string;
  stack: string | undefined;
  code: unknown;
  cause: ErrorDescription | undefined;
}

/** Only what every error has: an error of the database carries the refused row, with its hashes and email addresses. */
function describeError(error: unknown): ErrorDescription | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message, stack } = error;
  return { type: name, message, stack, code: (error as { code?: unknown }).code, cause: describeError(error.cause) };
}
