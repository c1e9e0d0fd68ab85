import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { UnauthorizedException } from '@nestjs/common';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** Admits requests that carry a valid access token of Pawl, and puts its claims into `request.user`. */
export class PawlGuard implements CanActivate {
  private readonly keys;

  constructor(
    private readonly issuer: string,
    private readonly audience = issuer,
    address = issuer,
  ) {
    this.keys = createRemoteJWKSet(new URL(`${address}/.well-known/jwks.json`));
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: object }>();
    const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new UnauthorizedException();
    const { issuer, audience } = this;
    const algorithms = ['ES256', 'RS256', 'PS256'];
    const verified = await jwtVerify(token, this.keys, { issuer, audience, algorithms, typ: 'at+jwt' }).catch(refuse);
    request.user = verified.payload;
    return true;
  }
}

/** An invalid token is 401. If the keys could not be fetched, the caller is not at fault: that error is thrown on. */
function refuse(error: unknown): never {
  const notFetched = error instanceof errors.JWKSTimeout || (error as { code?: unknown }).code === 'ERR_JOSE_GENERIC';
  throw error instanceof errors.JOSEError && !notFetched ? new UnauthorizedException() : error;
}
