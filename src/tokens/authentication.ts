/**
 * How a person has signed in: the `amr` claim (RFC 8176). `email` (a link or an emailed code) and `fed` (an account at
 * another provider) are our own additions.
 */
export type AuthenticationMethod = 'pwd' | 'otp' | 'hwk' | 'swk' | 'user' | 'mfa' | 'email' | 'fed';

/** How sure the service is of the person: the `acr` claim. */
export type AssuranceLevel = 'aal1' | 'aal2';

/** `aal2` for two factors, and for a passkey that has verified its user. */
export function assuranceLevelOf(methods: readonly AuthenticationMethod[]): AssuranceLevel {
  const isVerifiedPasskey = methods.includes('user') && (methods.includes('hwk') || methods.includes('swk'));
  return methods.includes('mfa') || isVerifiedPasskey ? 'aal2' : 'aal1';
}
