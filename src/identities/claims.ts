import type { EmailTrust } from '../config/provider-presets.js';
import type { ProviderConfig } from '../config/providers.js';
import type { ProvenIdentity } from './identity-provider.js';

/** Claims of an ID token or of the UserInfo endpoint. */
export type Claims = Readonly<Record<string, unknown>>;

/** What claims say about a person. The caller has verified where they come from. */
export function identityOf(
  { issuer, subject }: { issuer: string; subject: string },
  claims: Claims,
  config: ProviderConfig,
): ProvenIdentity {
  const email = typeof claims.email === 'string' ? claims.email : undefined;
  return {
    providerId: config.id,
    issuer,
    subject,
    email,
    emailVerified: email !== undefined && vouchesFor(email, claims, config.emailTrust),
    name: nameOf(claims.name),
    mfa: config.trustedMfa && Array.isArray(claims.amr) && claims.amr.includes('mfa'),
    roles: config.roleClaim === undefined ? undefined : rolesOf(claims[config.roleClaim]),
  };
}

function nameOf(claim: unknown): string | undefined {
  if (typeof claim !== 'string') return undefined;
  // eslint-disable-next-line no-control-regex -- what PostgreSQL and terminals cannot take
  const name = claim.replace(/[\u0000-\u001f\u007f]/g, '').trim();
  return name === '' ? undefined : Array.from(name).slice(0, 100).join('');
}

function rolesOf(claim: unknown): string[] {
  if (typeof claim === 'string') return [claim];
  return Array.isArray(claim) ? claim.filter((role) => typeof role === 'string') : [];
}

/** Whether the provider has checked that the person reads the mailbox. Apple and others write booleans as text. */
function vouchesFor(email: string, claims: Claims, trust: EmailTrust): boolean {
  const saysVerified = isTrue(claims.email_verified);
  switch (trust) {
    case 'claim':
      return saysVerified;
    case 'google':
      // https://developers.google.com/identity/gsi/web/guides/verify-google-id-token: for other addresses, Google is not
      // authoritative: the mailbox may have another owner by now.
      return saysVerified && (email.toLowerCase().endsWith('@gmail.com') || typeof claims.hd === 'string');
    case 'entra':
      // https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization
      return isTrue(claims.xms_edov);
    case 'never':
      return false;
  }
}

function isTrue(claim: unknown): boolean {
  return claim === true || claim === 'true' || claim === 1 || claim === '1';
}
