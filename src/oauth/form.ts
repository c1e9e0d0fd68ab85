import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import { OAuthError } from './errors.js';

const prefix = '/oauth/';
/** Opened by an access token, like the rest of the API. */
export const oauthResources: ReadonlySet<string> = new Set(['/oauth/provider-tokens', '/oauth/revocations']);
/** Far more than any request of a standard has. */
export const maxParameters = 100;

/** Whether RFC 6749 specifies the format of request and response. Goes by the route, or by the path if no route matches. */
export function isOAuthRequest({ routeOptions, url }: FastifyRequest): boolean {
  const route = routeOptions.url ?? url.split('?', 1)[0]!;
  return route.startsWith(prefix) && !oauthResources.has(route);
}

/** Of other services: where a provider has a browser send its response as a form. */
const providerCallback = '/auth/providers/:provider/callback';

/**
 * Forms are parsed only under /oauth/, where cookies are ignored, and where a provider responds with one, which changes nothing:
 * other sites can make a browser send a form.
 */
export function acceptForms(fastify: FastifyInstance): void {
  const options = { parseAs: 'string' } as const;
  fastify.addContentTypeParser('application/x-www-form-urlencoded', options, (request, body: string, done) => {
    if (!isOAuthRequest(request) && request.routeOptions.url !== providerCallback) {
      done(new ApiError('unsupported_media_type', 'a form outside of /oauth/'));
      return;
    }
    try {
      done(null, parseForm(body));
    } catch (error) {
      done(error as OAuthError);
    }
  });
}

/**
 * RFC 6749 section 3.2: a parameter without a value counts as absent. One that came more than once becomes an array, which
 * no schema of a known parameter accepts; unknown ones are ignored however often they came. One pass over the text, and
 * none over a text with too many parameters: anybody can send it.
 */
export function parseForm(text: string): Record<string, string | string[]> {
  assertFewParameters(text);
  const values = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const earlier = values.get(name);
    if (earlier === undefined) values.set(name, value);
    else if (typeof earlier === 'string') values.set(name, [earlier, value]);
    else earlier.push(value);
  }
  const form = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of values) if (value !== '') form[name] = value;
  return form;
}

function assertFewParameters(text: string): void {
  let count = 1;
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    count++;
    if (count > maxParameters) throw new OAuthError('invalid_request', 'Too many parameters.');
  }
}
