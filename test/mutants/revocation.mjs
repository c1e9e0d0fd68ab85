/** Revocation inside of Pawl: what was ended stays refused, on every instance. */
export const revocation = [
  {
    name: 'a revocation is not remembered',
    suite: 'test/revocation/feed-down',
    file: 'src/sessions/revoker.ts',
    find: `this.revocations.remember(ended);`,
    replace: '',
  },
  {
    name: 'a token that this process has verified before is accepted after its session has ended',
    suite: 'test/auth/access-tokens',
    file: 'src/access/access-token.strategy.ts',
    find: 'this.revocations.assertNotRevoked(toRevocable(claims));',
    replace: '',
  },
  {
    name: 'a remembered token is accepted while revocations of others do not arrive',
    suite: 'test/revocation/feed-down',
    file: 'src/access/access-token.strategy.ts',
    find: 'if (!claims || !this.revocations.isUpToDate) return undefined;',
    replace: 'if (!claims) return undefined;',
  },
  {
    name: 'a revocation that arrives late takes back a newer one of the same user',
    suite: 'src/sessions/revoked-tokens.spec',
    file: 'src/sessions/revoked-tokens.ts',
    find: 'Math.max(known, entry.minEpoch)',
    replace: 'entry.minEpoch',
  },
  {
    name: 'a revocation is forgotten before the last token from before it has expired',
    suite: 'src/sessions/revoked-tokens.spec',
    file: 'src/sessions/revoked-tokens.ts',
    find: 'if (forgetAtMs <= now) entries.delete(id);',
    replace: 'if (forgetAtMs <= now + this.lifetimeSeconds * 500) entries.delete(id);',
  },
  {
    name: 'an access token keeps the role that an admin has taken away',
    suite: 'src/admin/user-change.spec',
    file: 'src/admin/user-change.ts',
    find: 'refusesTokens: newRole || disabling',
    replace: 'refusesTokens: disabling',
  },
  {
    name: 'an instance that could not read a large revocation calls itself up to date',
    suite: 'test/revocation/feed-instances',
    file: 'src/sessions/revocation-log.ts',
    find: 'return this.notifications.healthy && !this.behind;',
    replace: 'return this.notifications.healthy;',
  },
  {
    name: 'signing out everywhere leaves access tokens valid at other services',
    suite: 'test/revocation/feed.spec',
    file: 'src/auth/logout.ts',
    find: 'await refuseTokensBelow(userId, user.epoch);',
    replace: '',
  },
];
