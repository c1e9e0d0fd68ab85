import { lookup as lookUp } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { isPrivateAddress } from './private-address.js';

/** For a whole response: the user's browser waits for it. */
export const upstreamTimeoutMs = 5000;
const maxResponseBytes = 256 * 1024;

/** The provider could not be asked, or its response cannot be used. */
export class UpstreamError extends Error {}

export interface UpstreamRequest {
  method?: string;
  headers?: Record<string, string> | Headers;
  body?: unknown;
}

export type UpstreamFetch = (url: string, request?: UpstreamRequest) => Promise<Response>;

/**
 * Sends requests to a provider as `fetch` does, but within limits, because a provider names its own endpoints: no redirect is
 * followed, a response has 5 seconds and 256 KiB, and an address of a private network is only reached if it is the host that
 * the operator has written into the issuer (OWASP: server-side request forgery).
 */
export function upstreamFetchFor(issuer: string, lookUpAddresses = lookUp): UpstreamFetch {
  const lookUpPublic = publicLookup(lookUpAddresses);
  const { protocol: issuerProtocol, hostname: issuerHost } = new URL(issuer);
  return async (url, { method = 'GET', headers, body } = {}) => {
    const target = new URL(url);
    const ofIssuer = target.hostname === issuerHost;
    if (target.protocol !== 'https:' && !(ofIssuer && target.protocol === issuerProtocol)) {
      throw new UpstreamError(`an endpoint is not https: ${target.host}`);
    }
    const literal = target.hostname.replace(/^\[|\]$/g, '');
    if (!ofIssuer && isIP(literal) && isPrivateAddress(literal)) throw privateAddress(target.host);
    return send(target, {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      body: typeof body === 'string' || body instanceof URLSearchParams ? body.toString() : undefined,
      lookup: ofIssuer ? undefined : lookUpPublic,
    });
  };
}

/** Looked up and compared in one step: a second look-up could give another address. */
function publicLookup(lookUpAddresses: typeof lookUp): LookupFunction {
  return (hostname, options, done) => {
    lookUpAddresses(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        done(error, []);
        return;
      }
      if (addresses.some(({ address }) => isPrivateAddress(address))) {
        done(privateAddress(hostname), []);
        return;
      }
      if (options.all) done(null, addresses);
      else done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

function privateAddress(host: string): UpstreamError {
  return new UpstreamError(`an endpoint is in a private network: ${host}`);
}

interface OutgoingRequest {
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  lookup: LookupFunction | undefined;
}

function send(target: URL, { method, headers, body, lookup }: OutgoingRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(upstreamTimeoutMs);
    const begin = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = begin(target, { method, headers, lookup, signal }, (incoming) => {
      collect(incoming).then(resolve, reject);
    });
    outgoing.on('error', (error) => {
      reject(signal.aborted ? new UpstreamError('no complete response in time') : error);
    });
    outgoing.end(body);
  });
}

async function collect(incoming: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxResponseBytes) {
      incoming.destroy();
      throw new UpstreamError('the response is too large');
    }
    chunks.push(chunk);
  }
  const { statusCode: status = 0 } = incoming;
  const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const hasBody = ![204, 205, 304].includes(status);
  return new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers });
}
