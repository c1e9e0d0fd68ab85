import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { bareAddress } from './client-address.js';

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Headers in which proxies name the client's address in ways that Pawl does not read. */
export const otherAddressHeaders = [
  'forwarded', // RFC 7239
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'x-envoy-external-address',
  'cf-connecting-ip',
  'true-client-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'do-connecting-ip',
  'x-azure-clientip',
  'x-appengine-user-ip',
  'x-vercel-forwarded-for',
  'x-nf-client-connection-ip',
] as const;

/** Headers that proxies add. A request with one of them is somebody else's, wherever the proxy runs. */
export const proxyHeaders = [
  'x-forwarded-for',
  'via', // RFC 9110 section 7.6.3
  'cdn-loop', // RFC 8586
  'x-forwarded',
  'x-forwarded-by',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-protocol',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-original-host',
  'x-scheme',
  'x-amzn-trace-id',
  'cf-ray',
  ...otherAddressHeaders,
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
