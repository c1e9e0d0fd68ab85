import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';

/** As PawlGuard, but asks Pawl about the token of each request: a revoked token is refused at once. */
export class PawlIntrospectionGuard implements CanActivate {
  constructor(
    private readonly client: { id: string; secret: string },
    private readonly audience: string,
    private readonly address = audience,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: object }>();
    const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new UnauthorizedException();
    const authorization = `Basic ${btoa(`${this.client.id}:${this.client.secret}`)}`;
    const body = new URLSearchParams({ token });
    const signal = AbortSignal.timeout(5000);
    const url = `${this.address}/oauth/introspect`;
    const response = await fetch(url, { method: 'POST', headers: { authorization }, body, signal }).catch(
      () => undefined,
    );
    if (!response?.ok) throw new ServiceUnavailableException();
    const described = (await response.json()) as { active: boolean; token_use?: string; aud?: string };
    // A refresh token can be active too, but must not open anything.
    if (!described.active || described.token_use !== 'access_token' || described.aud !== this.audience)
      throw new UnauthorizedException();
    request.user = described;
    return true;
  }
}
