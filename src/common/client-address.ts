import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The address that a request came from, according to TRUST_PROXY, without port and zone. If a proxy forwards something that
 * is not an address, this is the address of the connection.
 */
export function clientAddress({ ip, socket }: FastifyRequest): string {
  const [address = ''] = ip.split('%');
  return isIP(address) === 0 ? (socket.remoteAddress ?? 'unknown') : address;
}
