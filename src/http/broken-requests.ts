import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../common/errors.js';
import { ApiError } from '../common/errors.js';
import { problemMediaType } from '../common/problem.schema.js';
import { toProblem } from './problem-filter.js';

/** Node's codes for a request that it could not read. */
const nodeCodes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Returns false if the path is not UTF-8 in percent-encoding (RFC 3986 section 2.5). */
export function hasReadablePath(url: string): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url.split('?', 1)[0]!);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}

/** Responds to bytes that never become a request (not HTTP, too large a head, too slow), then closes the connection. */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  // The error holds the received bytes, which may include tokens, so it is not logged.
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const refusal = new ApiError(nodeCodes[error.code ?? ''] ?? 'invalid_request');
  const requestId = randomUUID();
  const body = JSON.stringify(toProblem(refusal, requestId));
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}
