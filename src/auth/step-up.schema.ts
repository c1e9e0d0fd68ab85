import { z } from 'zod';
import { ChallengeText, hasExactlyOneOf, PasskeyResponseJson, SixDigits } from '../factors/factor.schema.js';
import type { PasskeyResponse } from '../factors/web-authn.js';
import { Password } from '../passwords/password-policy.js';

export type StepUpResponse = { password: string } | { code: string } | { challenge: string; passkey: PasskeyResponse };

/** What confirms a sign-in. */
export const StepUpBody = z
  .strictObject({
    password: Password.optional(),
    code: SixDigits.optional(),
    challenge: ChallengeText.optional(),
    passkey: PasskeyResponseJson.optional(),
  })
  .refine(hasExactlyOneOf('password', 'code', 'passkey'), 'must have password, code or passkey, and only one')
  .refine(({ challenge, passkey }) => (challenge === undefined) === (passkey === undefined), {
    path: ['challenge'],
    error: 'must be there with passkey, and only then',
  })
  .transform((body) => body as StepUpResponse)
  .meta({ id: 'StepUp', example: { password: 'correct horse battery staple' } });
export type StepUpBody = z.infer<typeof StepUpBody>;
