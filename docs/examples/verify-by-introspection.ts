import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';

/** As PawlGuard, but Pawl is asked about each request's token: what was revoked is refused at once. */
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
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body, signal }).catch(
      () => undefined,
    );
    if (!answer?.ok) throw new ServiceUnavailableException();
    const told = (await answer.json()) as { active: boolean; token_use?: string; aud?: string };
    // A refresh token is active too, and opens nothing.
    if (!told.active || told.token_use !== 'access_token' || told.aud !== this.audience)
      throw new UnauthorizedException();
    request.user = told;
    return true;
  }
}
