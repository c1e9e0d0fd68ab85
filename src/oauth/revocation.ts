import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../clients/client.js';
import { clientAddress } from '../common/client-address.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { RefreshTokenInspection } from '../sessions/refresh-token-inspection.js';
import { Revoker } from '../sessions/revoker.js';
import { AccessTokens } from '../tokens/access-token.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import { ClientAuthentication } from './client-authentication.js';
import { OAuthError } from './errors.js';
import type { RevocationForm } from './oauth.schema.js';

/** What a token stands for: a session, or just itself if it is a service's. */
type Revocable = { clientId: string } & ({ userId: string; sessionId: string } | { tokenId: string; expired: boolean });

/** POST /oauth/revoke (RFC 7009). Either token of a session ends the session, on every instance. */
@Injectable()
export class Revocation {
  constructor(
    private readonly clients: ClientAuthentication,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokenInspection,
    private readonly revoker: Revoker,
    private readonly clock: Clock,
  ) {}

  /** An expired token still names its session, as at POST /auth/logout. */
  async revoke(form: RevocationForm, request: FastifyRequest): Promise<void> {
    const client = await this.clients.authenticate(request, form);
    // The two kinds of token cannot be confused, so a wrong hint does no harm (RFC 7009 section 2.1).
    const revocable = (await this.ofRefreshToken(form.token)) ?? (await this.ofAccessToken(form.token));
    // RFC 7009 section 2.2: an unknown token is not an error, because the client cannot do anything about it.
    if (!revocable) return;
    // RFC 7009 section 2.1: refused, with an error of RFC 6749 section 5.2.
    if (revocable.clientId !== client.id) {
      throw new OAuthError('invalid_grant', 'The token was issued to another client.', `to ${revocable.clientId}`);
    }
    await this.end(revocable, client, clientAddress(request));
  }

  private async end(revocable: Revocable, { id: actorClientId }: Client, ip: string): Promise<void> {
    if ('tokenId' in revocable) {
      if (revocable.expired) return;
      await this.revoker.refuseToken(revocable.tokenId, { actorClientId, ip });
      return;
    }
    await this.revoker.endSession(revocable.userId, revocable.sessionId, 'token_revoked', { actorClientId, ip });
  }

  private async ofRefreshToken(token: string): Promise<Revocable | undefined> {
    const inspected = await this.refreshTokens.inspect(token);
    return inspected?.session;
  }

  private async ofAccessToken(token: string): Promise<Revocable | undefined> {
    const claims = await this.signedClaims(token);
    if (!claims) return undefined;
    const { client_id: clientId } = claims;
    if (claims.user_id !== undefined) return { clientId, userId: claims.user_id, sessionId: claims.sid };
    return { clientId, tokenId: claims.jti, expired: claims.exp <= this.clock.nowSeconds() };
  }

  private async signedClaims(token: string): Promise<AccessTokenClaims | undefined> {
    try {
      return await this.accessTokens.verifyIgnoringExpiry(token);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'token_invalid') return undefined;
      throw error;
    }
  }
}
