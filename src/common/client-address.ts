import { isIP, isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The address that a request came from, according to TRUST_PROXY, without port and zone. If a proxy forwards something that
 * is not an address, this is the address of the connection.
 */
export function clientAddress({ ip, socket }: FastifyRequest): string {
  return bareAddress(ip) ?? bareAddress(socket.remoteAddress ?? '') ?? 'unknown';
}

/**
 * An address without what proxies and sockets write around it: a port (`203.0.113.9:4711`), brackets (`[2001:db8::1]:443`),
 * quotes (RFC 7239 section 6), a zone, and the prefix of an IPv4 address on an IPv6 socket (RFC 4291 section 2.5.5.2).
 * Returns undefined if it is not an address.
 */
export function bareAddress(text: string): string | undefined {
  if (isIPv4(text)) return text; // Nearly always: the rest costs five regular expressions.
  const unquoted = text.trim().replace(/^"(.*)"$/, '$1');
  const inBrackets = /^\[([^[\]]*)\](?::\d{1,5})?$/.exec(unquoted)?.[1];
  const beforePort = /^([\d.]+):\d{1,5}$/.exec(unquoted)?.[1];
  const [address = ''] = (inBrackets ?? beforePort ?? unquoted).split('%');
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  return isIP(address) === 0 ? undefined : address;
}
