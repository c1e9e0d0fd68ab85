import { z } from 'zod';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';

export const IdentityView = z
  .object({
    id: Id,
    provider: z.string().meta({ description: 'Its id in GET /auth/providers.', example: 'google' }),
    provider_name: z.string().meta({ example: 'Google' }),
    email: z.string().nullable().meta({ description: 'As the provider named it last.', example: 'ada@example.com' }),
    created_at: Instant,
    last_used_at: Instant.nullable().meta({ description: 'The last sign-in with it.' }),
  })
  .meta({ id: 'Identity' });
export type IdentityView = z.infer<typeof IdentityView>;

export const IdentityList = z
  .object({
    identities: z.array(IdentityView),
    has_password: z.boolean().meta({
      description: 'Whether the account here also has a password. Calls that ask for it need none if it has not.',
      example: true,
    }),
  })
  .meta({ id: 'IdentityList' });
export type IdentityList = z.infer<typeof IdentityList>;

export const ConnectIdentityBody = z
  .strictObject({
    code: z.string().max(128).meta({
      description: 'The `code` that came with the browser to `return_to`. It works once, for two minutes.',
      example: 'Zb0Ez3cYQ3mqXn4o4m8Zr2dPpT0Yd1sVw6uJk9xLh5A',
    }),
    verifier: z.string().max(128).meta({
      description: 'The verifier of the `code_challenge` that the sign-in began with.',
      example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    }),
  })
  .meta({ id: 'ConnectIdentity' });
export type ConnectIdentityBody = z.infer<typeof ConnectIdentityBody>;
