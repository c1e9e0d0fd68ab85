import { z } from 'zod';
import { Instant } from '../common/instant.js';

export const ProviderTokensQuery = z.object({
  user_id: z.guid().toLowerCase().meta({
    description: 'The user: `user_id` of an access token.',
    format: 'uuid',
    example: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e',
  }),
  provider: z.string().max(64).meta({ description: 'The id of the provider in PROVIDERS.', example: 'google' }),
});
export type ProviderTokensQuery = z.infer<typeof ProviderTokensQuery>;

/** The tokens of one account at another provider, as of the last sign-in with it. */
export const ProviderTokensView = z
  .object({
    subject: z.string().meta({ description: 'The `sub` of the account there.', example: '110169484474386276334' }),
    access_token: z.string().meta({ example: 'ya29.a0Af…' }),
    refresh_token: z.string().nullable().meta({
      description:
        'Null if the provider gave none. If a refresh replaces it, keep the new one: Pawl does not learn it.',
      example: '1//0gdfq…',
    }),
    access_token_expires_at: Instant.nullable().meta({ description: 'Null if the provider did not say.' }),
  })
  .meta({ id: 'ProviderTokens' });
export type ProviderTokensView = z.infer<typeof ProviderTokensView>;

export const ProviderTokensList = z
  .object({
    accounts: z.array(ProviderTokensView).meta({
      description: 'Several, if the user has connected several accounts of this provider. Empty if none is kept.',
    }),
  })
  .meta({ id: 'ProviderTokensList' });
export type ProviderTokensList = z.infer<typeof ProviderTokensList>;
