/** What a link in an email may do. */
export const linkPurposes = ['verify_email', 'change_email', 'reset_password', 'invitation', 'sign_in'] as const;
export type LinkPurpose = (typeof linkPurposes)[number];

/** Emails that only notify. They go to confirmed addresses alone. */
export type NoticeTemplate =
  | 'email_change_requested'
  | 'email_changed'
  | 'new_email_in_use'
  | 'password_changed'
  | 'account_deleted'
  | 'new_device'
  | 'sign_in_after_failures'
  | 'session_reused'
  | 'factor_added'
  | 'factor_removed'
  | 'identity_linked'
  | 'identity_unlinked'
  | 'recovery_codes_replaced'
  | 'recovery_code_used'
  | 'recovery_codes_low';

/** Every email that Pawl sends; docs/mail.md explains each. */
export type EmailTemplate =
  | 'verify_email'
  | 'finish_registration'
  | 'invitation'
  | 'address_taken'
  | 'reset_password'
  | 'renew_password'
  | 'confirm_new_email'
  | 'sign_in'
  | NoticeTemplate;

/** The templates that contain a link, and what the link may do. */
export const linkOf: Readonly<Partial<Record<EmailTemplate, LinkPurpose>>> = {
  verify_email: 'verify_email',
  finish_registration: 'reset_password',
  invitation: 'invitation',
  reset_password: 'reset_password',
  renew_password: 'reset_password',
  confirm_new_email: 'change_email',
  sign_in: 'sign_in',
};

export const templatesWithLink = Object.keys(linkOf) as EmailTemplate[];

/** Those whose link sets a password: a new password voids every link of theirs. */
export const templatesThatSetPassword = templatesWithLink.filter((template) =>
  ['reset_password', 'invitation'].includes(linkOf[template]!),
);

/** How long a link works, in minutes. */
export const linkMinutes: Readonly<Record<LinkPurpose, number>> = {
  verify_email: 60,
  reset_password: 30,
  change_email: 60,
  // Nothing is in the account yet, and people read an invitation late.
  invitation: 3 * 24 * 60,
  // OWASP ASVS 6.5.5: ten minutes at most, for the code in the same email too.
  sign_in: 10,
};

/** The page a link leads to, below FRONTEND_URL or Pawl's own /account. */
const linkPages: Readonly<Record<LinkPurpose, string>> = {
  verify_email: 'verify-email',
  reset_password: 'reset-password',
  change_email: 'verify-email',
  invitation: 'reset-password',
  sign_in: 'sign-in',
};

/**
 * The URL of a link. The token is in the fragment, which browsers do not send to servers, so it appears in no log and no
 * Referer. The URL is built from settings only, never from a request (OWASP: host header injection).
 */
export function linkTo(
  purpose: LinkPurpose,
  token: string,
  { frontendUrl, publicUrl }: { frontendUrl?: string; publicUrl: string },
): string {
  return `${frontendUrl ?? `${publicUrl}/account`}/${linkPages[purpose]}#token=${token}`;
}
