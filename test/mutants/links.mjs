/** One-time tokens: the links of emails that reset a password, confirm or change an address. */
export const links = [
  {
    name: 'a link outlives what it was to change',
    suite: 'test/mail/password-reset',
    file: 'src/emails/one-time-tokens.ts',
    find: ` AND t.state_hash = \${currentState}`,
    replace: '',
  },
  {
    name: 'a link that is used twice at the same moment works twice',
    suite: 'test/mail/password-reset',
    file: 'src/emails/one-time-tokens.ts',
    find: 'return deleted === 1 ? found : undefined;',
    replace: 'return found;',
  },
  {
    name: 'a change of address outlives the password it was asked with, while its mail waits',
    suite: 'test/mail/email-change',
    file: 'src/emails/one-time-tokens.ts',
    find: `
        AND coalesce(\${requestedState}::bytea = \${currentState}, true)`,
    replace: '',
  },
  {
    name: 'an email that is asked for again confirms a password that its reader did not choose',
    suite: 'test/mail/verified-email-required',
    file: 'src/emails/email-composer.ts',
    find: 'this.config.requireVerifiedEmail && mail.stateHash === null',
    replace: 'false',
  },
  {
    name: 'a password that was replaced meanwhile still deletes the account',
    suite: 'test/mail/account',
    file: 'src/sessions/user-removal.ts',
    find: 'raiseEpoch({ id: userId, passwordHash }, db)',
    replace: 'raiseEpoch({ id: userId }, db)',
  },
  {
    name: 'a mail that is being sent is sent once more',
    suite: 'test/mail/outbox',
    file: 'src/database/outbox/outbox-table.ts',
    find: ` AND (leased_until IS NULL OR leased_until <= \${now})`,
    replace: '',
  },
  {
    name: 'a thief stays signed in after a change of the address',
    suite: 'test/factors/step-up',
    file: 'src/account/email-confirmation.ts',
    find: "await endSessionsOf(userId, 'email_changed', sessionId ?? undefined);",
    replace: '',
  },
];
