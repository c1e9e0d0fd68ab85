import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The address a request came from, as TRUST_PROXY lets it be known, without port and zone. A proxy may hand on what is no
 * address at all; then it is that of the connection.
 */
export function clientAddress({ ip, socket }: FastifyRequest): string {
  const [address = ''] = ip.split('%');
  return isIP(address) === 0 ? (socket.remoteAddress ?? 'unknown') : address;
}
