import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { bareAddress } from './client-address.js';

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Headers that proxies add. A request with one of them is somebody else's, wherever the proxy runs. */
export const proxyHeaders = [
  'x-forwarded-for',
  'forwarded', // RFC 7239
  'via', // RFC 9110 section 7.6.3
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
  'x-client-ip',
  'x-original-host',
  'x-envoy-external-address',
  'cf-connecting-ip',
  'true-client-ip',
  'fastly-client-ip',
] as const;

/** Whether a `Host` header (RFC 9110 section 7.2) names the local machine. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && loopbackHost.test(host);
}

/**
 * Whether a request came from this machine, under one of the machine's own names. False behind a proxy, even a local one: it
 * forwards anybody's requests. A forwarded TCP port shows no sign of a proxy: only the `Host` header gives it away.
 */
export function isDirectFromLoopback({ socket, headers }: FastifyRequest): boolean {
  if (proxyHeaders.some((name) => headers[name] !== undefined)) return false;
  if (!isLoopbackHost(headers.host)) return false;
  const address = bareAddress(socket.remoteAddress ?? '') ?? '';
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
