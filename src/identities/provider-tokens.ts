import type { authorizationCodeGrant } from 'openid-client';
import type { Clock } from '../common/clock.js';
import type { ProviderTokens } from './identity-provider.js';

/** The tokens of a response, for a provider whose tokens are kept. */
export function tokensOf(response: Awaited<ReturnType<typeof authorizationCodeGrant>>, clock: Clock): ProviderTokens {
  const expiresIn = response.expiresIn();
  return {
    accessToken: response.access_token,
    refreshToken: response.refresh_token,
    accessTokenExpiresAt:
      expiresIn === undefined ? undefined : new Date(clock.nowMs() + expiresIn * 1000).toISOString(),
  };
}
