import { decodeProtectedHeader } from 'jose';
import type { RevocationRow } from '../../sessions/revocation-message.js';
import type { AccessTokenClaims } from '../../tokens/access-token-claims.js';

/** The token that a follower opened its stream with. The stream lives as long as the token is accepted. */
export interface FeedToken {
  readonly clientId: string;
  readonly jti: string;
  readonly kid: string | undefined;
  readonly expiresAtSeconds: number;
}

/** The token must be verified, and these must be its claims. */
export function toFeedToken(token: string, { client_id: clientId, jti, exp }: AccessTokenClaims): FeedToken {
  return { clientId, jti, kid: decodeProtectedHeader(token).kid, expiresAtSeconds: exp };
}

/** Whether the revocation is about this token, its client, or the key that signed it. */
export function isRevokedBy({ clientId, jti, kid }: FeedToken, row: RevocationRow): boolean {
  return row.clientId === clientId || row.sessionId === jti || (row.kid !== undefined && row.kid === kid);
}
