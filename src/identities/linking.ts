/** The local account whose address is that of the identity, as the decision needs it. */
export interface LocalAccount {
  emailVerified: boolean;
  disabled: boolean;
}

export interface LinkingFacts {
  /** The identity belongs to an account already. */
  isLinked: boolean;
  /** The provider shared an address that we can store. */
  hasEmail: boolean;
  /** The provider vouches that the person reads the mailbox. */
  emailVerified: boolean;
  /** Undefined if nobody has the address. */
  local: LocalAccount | undefined;
  registrationOpen: boolean;
}

/** What an identity leads to: an account, or why not. */
export type LinkingVerdict =
  | 'sign_in'
  | 'join'
  | 'create'
  | 'account_disabled'
  | 'account_exists'
  | 'provider_email_missing'
  | 'registration_closed';

/**
 * Which account a proven identity opens. Pure; docs/providers.md explains it. The order of the branches is the order of judgement.
 *
 * An address alone opens no account. It joins two only if both sides have proven it: a local address that was never proven
 * may have been registered by somebody else, who still has its password; and a provider that does not vouch for an
 * address lets anybody write it. A proven local address means that its password, if there is one, was confirmed by the reader
 * of the mailbox (account/email-confirmation.ts).
 */
export function judgeIdentity(facts: LinkingFacts): LinkingVerdict {
  const { isLinked, hasEmail, emailVerified, local, registrationOpen } = facts;
  if (isLinked) return 'sign_in';
  if (!hasEmail) return 'provider_email_missing';
  if (local) {
    if (!local.emailVerified || !emailVerified) return 'account_exists';
    return local.disabled ? 'account_disabled' : 'join';
  }
  return registrationOpen ? 'create' : 'registration_closed';
}
