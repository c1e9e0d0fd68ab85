/** What a link in a mail may do. */
export type LinkPurpose = 'verify_email' | 'reset_password' | 'change_email';

/** What is known of a kind of letter beside its words. */
interface LetterKind {
  /** The link in it. */
  link?: LinkPurpose;
  /** Anybody can have it sent to any address: then one a minute to each is enough. */
  askable: boolean;
}

/** Every kind of letter that Pawl writes; docs/mail.md explains each. */
export type Letter =
  | 'verify_email'
  | 'address_taken'
  | 'reset_password'
  | 'confirm_new_email'
  | 'email_change_requested'
  | 'email_changed'
  | 'password_changed'
  | 'account_deleted';

export const letterKinds: Readonly<Record<Letter, LetterKind>> = {
  verify_email: { link: 'verify_email', askable: true },
  address_taken: { askable: true },
  reset_password: { link: 'reset_password', askable: true },
  confirm_new_email: { link: 'change_email', askable: true },
  email_change_requested: { askable: false },
  email_changed: { askable: false },
  password_changed: { askable: false },
  account_deleted: { askable: false },
};

export const askableLetters = Object.entries(letterKinds).flatMap(([name, { askable }]) => (askable ? [name] : []));

/** How long a link works, in minutes. */
export const linkMinutes: Readonly<Record<LinkPurpose, number>> = {
  verify_email: 60,
  reset_password: 30,
  change_email: 60,
};

/** The page a link leads to, below FRONTEND_URL or Pawl's own /account. */
const linkPages: Readonly<Record<LinkPurpose, string>> = {
  verify_email: 'verify-email',
  reset_password: 'reset-password',
  change_email: 'verify-email',
};

/**
 * The address of a link. The token is in the fragment, which browsers send to no server: it is in no log and no Referer.
 * Built from settings alone, never from a request (OWASP: host header injection).
 */
export function linkTo(
  purpose: LinkPurpose,
  token: string,
  { frontendUrl, publicUrl }: { frontendUrl?: string; publicUrl: string },
): string {
  return `${frontendUrl ?? `${publicUrl}/account`}/${linkPages[purpose]}#token=${token}`;
}
