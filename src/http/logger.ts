import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { Config } from '../config/config.js';
import { prettyLog } from './pretty-log.js';

// Headers, cookies and bodies are never logged. This is a second line of defence, in case an error object carries some.
const secretFields = ['authorization', 'cookie', 'password', 'refresh_token', 'access_token', 'refreshToken', 'token'];

/** Logs JSON lines in production and readable lines elsewhere. */
export function createLogger(config: Config, destination?: DestinationStream): Logger {
  const options = {
    level: config.logLevel,
    serializers: { err: describeError },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), remove: true },
  };
  return pino(options, destination ?? (config.production ? pino.destination(1) : prettyLog()));
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
