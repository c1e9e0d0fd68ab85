import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** A middleware for Express, Connect and plain Node.js. It puts the claims of the token into `request.user`. */
export function requirePawlToken(issuer: string, audience = issuer, address = issuer) {
  const keys = createRemoteJWKSet(new URL(`${address}/.well-known/jwks.json`));
  const rules = { issuer, audience, algorithms: ['ES256', 'RS256', 'PS256'], typ: 'at+jwt' };

  return (request: IncomingMessage & { user?: object }, response: ServerResponse, next: (error?: unknown) => void) => {
    const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    jwtVerify(token, keys, rules).then(
      ({ payload }) => {
        request.user = payload;
        next();
      },
      (error: unknown) => {
        // If the keys could not be fetched, the caller is not at fault.
        const notFetched =
          error instanceof errors.JWKSTimeout || (error as { code?: unknown }).code === 'ERR_JOSE_GENERIC';
        if (!(error instanceof errors.JOSEError) || notFetched) next(error);
        else response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
      },
    );
  };
}
