import { z } from 'zod';
import { clientId, delivery, scope } from './auth.schema.js';

export const ProviderList = z
  .object({
    providers: z.array(
      z.object({
        id: z.string().meta({ example: 'google' }),
        name: z.string().meta({ description: 'What people call it.', example: 'Google' }),
      }),
    ),
  })
  .meta({ id: 'ProviderList' });
export type ProviderList = z.infer<typeof ProviderList>;

export const ProviderIdParam = z.string().max(64).meta({ example: 'google' });

/** RFC 7636 section 4.2, method S256. */
const codeChallenge = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be the S256 challenge of a verifier (RFC 7636)');

export const StartQuery = z.object({
  return_to: z.string().max(2048).optional().meta({
    description: 'Where the browser goes in the end: a URL of PUBLIC_URL, FRONTEND_URL or CORS_ORIGINS.',
    example: 'http://localhost:3000/',
  }),
  code_challenge: codeChallenge.optional().meta({
    description: 'For a one-time code instead of cookies: the S256 challenge of a verifier that you keep (RFC 7636).',
  }),
  code_challenge_method: z.literal('S256', 'must be S256').optional(),
});
export type StartQuery = z.infer<typeof StartQuery>;

export const OneTimeCode = z.string().max(128).meta({
  description: 'The `code` that came with the browser to `return_to`. It works once, for two minutes.',
  example: 'Zb0Ez3cYQ3mqXn4o4m8Zr2dPpT0Yd1sVw6uJk9xLh5A',
});

export const CodeVerifier = z.string().max(128).meta({
  description: 'The verifier of the `code_challenge` that the sign-in began with.',
  example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
});

export const ExchangeBody = z
  .strictObject({
    code: OneTimeCode,
    verifier: CodeVerifier.optional().meta({
      description: 'Omit it after `second_factor_required` in cookie mode: a cookie holds it.',
      example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    }),
    delivery,
    client_id: clientId,
    scope,
  })
  .meta({
    id: 'ExchangeProviderCode',
    example: {
      code: 'Zb0Ez3cYQ3mqXn4o4m8Zr2dPpT0Yd1sVw6uJk9xLh5A',
      verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      delivery: 'body',
    },
  });
export type ExchangeBody = z.infer<typeof ExchangeBody>;
