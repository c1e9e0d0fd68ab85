import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Whether it came from this very machine. False behind a proxy, also one on this machine: its connections are everybody's. */
export function isDirectFromLoopback({ socket, headers }: FastifyRequest): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
