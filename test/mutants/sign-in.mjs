/** The end of every sign-in, and what it must not skip. */
export const signIn = [
  {
    name: 'a later registration leaves the password of an earlier one',
    suite: 'test/mail/verified-email-required',
    file: 'src/auth/new-accounts.ts',
    find: 'await this.users.replaceUnclaimed(user, { except: created?.id, invited: noPassword }, tx);',
    replace: '',
  },
  {
    name: 'an address that is not confirmed signs in all the same',
    suite: 'test/mail/verified-email-required',
    file: 'src/auth/sign-in.ts',
    find: 'this.config.requireVerifiedEmail && !account.emailVerified',
    replace: 'false',
  },
  {
    name: 'a disabled user signs in',
    suite: 'test/factors/every-way-in',
    file: 'src/auth/sign-in.ts',
    find: "if (account.disabled) this.results.refuse('account_disabled', client, userId);",
    replace: '',
  },
  {
    name: 'the email that proves an address leaves the password of the person who registered it',
    suite: 'test/factors/link',
    file: 'src/auth/mailbox-proofs.ts',
    find: 'if (taken && !taken.emailVerified) await this.claim(taken.userId, client, revoking);',
    replace: '',
  },
  {
    name: 'the email that proves an address leaves the sessions of the person who registered it',
    suite: 'test/factors/link',
    file: 'src/auth/mailbox-proofs.ts',
    find: "await endSessionsOf(userId, 'password_reset');",
    replace: '',
  },
  {
    name: 'the email that proves an address leaves the provider of the person who registered it',
    suite: 'test/identities/connecting',
    file: 'src/auth/mailbox-proofs.ts',
    find: "await this.identities.removeAll(userId, { ip, by: 'email' }, db);",
    replace: '',
  },
];
