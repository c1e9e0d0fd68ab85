import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bareAddress } from '../common/client-address.js';
import { otherAddressHeaders, proxyHeaders } from '../common/loopback.js';
import type { Config } from '../config/config.js';

const unset =
  'A request came with %s, but TRUST_PROXY is not set: all clients behind that proxy count as one, in limits too. ' +
  'If there is a proxy in front of Pawl, set TRUST_PROXY (docs/deployment.md). If there is none, a client made it up.';
const unreadable =
  'A proxy that TRUST_PROXY names forwarded something that is not an address in X-Forwarded-For: ' +
  'such clients count as one, by the address of the proxy. Have it forward addresses (docs/deployment.md).';
const unused =
  'A request came with %s but without X-Forwarded-For, the header from which TRUST_PROXY takes the address of a client: ' +
  'all clients of that proxy count as one. Have it send X-Forwarded-For (docs/deployment.md).';

/**
 * Prepares X-Forwarded-For for Fastify, which compares each hop with TRUST_PROXY and knows bare addresses only. Logs one
 * warning per process for each way in which clients of a proxy would count as one.
 */
export function readForwardedAddresses(fastify: FastifyInstance, { trustProxy }: Config): void {
  const logger = new Logger('Http');
  const warned = new Set<string>();
  const warnOnce = (warning: string, header = '') => {
    if (!warned.has(warning)) logger.warn(warning.replace('%s', header));
    warned.add(warning);
  };
  const isTrusting = trustProxy !== false && trustProxy !== 0;

  fastify.addHook('onRequest', (request, _reply, done) => {
    if (isTrusting) {
      bareForwardedFor(request);
      if (bareAddress(request.ip) === undefined) warnOnce(unreadable);
      if (request.headers['x-forwarded-for'] === undefined) {
        const header = otherAddressHeaders.find((name) => request.headers[name] !== undefined);
        if (header !== undefined) warnOnce(unused, header);
      }
    } else if (warned.size === 0) {
      const header = proxyHeaders.find((name) => request.headers[name] !== undefined);
      if (header !== undefined) warnOnce(unset, header);
    }
    done();
  });
}

function bareForwardedFor({ raw: { headers } }: FastifyRequest): void {
  const forwardedFor = headers['x-forwarded-for'];
  if (forwardedFor === undefined) return;
  // RFC 9110 section 5.6.1.2: empty elements of a list do not count.
  const hops = String(forwardedFor)
    .split(',')
    .filter((hop) => hop.trim() !== '');
  if (hops.length === 0) delete headers['x-forwarded-for'];
  else headers['x-forwarded-for'] = hops.map((hop) => bareAddress(hop) ?? hop.trim()).join(', ');
}
