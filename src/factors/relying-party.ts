import type { Config } from '../config/config.js';
import { isWithinDomain } from '../config/domains.js';

/** Whom passkeys are for (WebAuthn section 4, "Relying Party"). */
export interface RelyingParty {
  /** A domain: a passkey works on its pages and on those of its subdomains. */
  id: string;
  /** What people read. */
  name: string;
  /** The pages that may use a passkey here. */
  origins: string[];
}

/**
 * PASSKEY_DOMAIN or the host of PUBLIC_URL, with the origins of PUBLIC_URL, FRONTEND_URL and CORS_ORIGINS that are within
 * it. Browsers let no other page use the passkeys of a domain, so none is accepted here either.
 */
export function relyingPartyOf({
  origin,
  passkeyDomain,
  frontendUrl,
  corsOrigins,
}: Pick<Config, 'origin' | 'passkeyDomain' | 'frontendUrl' | 'corsOrigins'>): RelyingParty {
  const candidates = [origin, ...(frontendUrl === undefined ? [] : [new URL(frontendUrl).origin]), ...corsOrigins];
  const origins = candidates.filter((candidate) => isWithinDomain(new URL(candidate).hostname, passkeyDomain));
  return { id: passkeyDomain, name: new URL(frontendUrl ?? origin).host, origins: [...new Set(origins)] };
}
