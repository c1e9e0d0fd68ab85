import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';

const prefix = '/oauth/';

/** Whether RFC 6749 specifies the format of request and response. Goes by the route, or by the path if no route matches. */
export function isOAuthRequest({ routeOptions, url }: FastifyRequest): boolean {
  return (routeOptions.url ?? url).startsWith(prefix);
}

/** Forms are parsed only under /oauth/, where cookies are ignored: other sites can make a browser send a form. */
export function acceptForms(fastify: FastifyInstance): void {
  const options = { parseAs: 'string' } as const;
  fastify.addContentTypeParser('application/x-www-form-urlencoded', options, (request, body: string, done) => {
    if (isOAuthRequest(request)) done(null, parseForm(body));
    else done(new ApiError('unsupported_media_type', 'a form outside of /oauth/'));
  });
}

/**
 * RFC 6749 section 3.2: a parameter without a value counts as absent. One that came more than once becomes an array, which
 * no schema of a known parameter takes; unknown ones are ignored however often they came.
 */
export function parseForm(text: string): Record<string, string | string[]> {
  const form = Object.create(null) as Record<string, string | string[]>;
  const parameters = new URLSearchParams(text);
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    if (values.length > 1) form[name] = values;
    else if (values[0] !== '') form[name] = values[0]!;
  }
  return form;
}
