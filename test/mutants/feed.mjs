/** The revocation feed: who may follow it, what it says, and when a stream must end. */
export const feed = [
  {
    name: 'a user follows the revocations of everybody',
    suite: 'test/revocation/feed.spec',
    file: 'src/oauth/feed/revocation-feed.ts',
    find: `if (user?.userId !== undefined) throw new ApiError('client_required', \`user \${user.userId}\`);`,
    replace: '',
  },
  {
    name: 'a client follows the revocations without their scope',
    suite: 'test/revocation/feed.spec',
    file: 'src/oauth/feed/revocation-feed.controller.ts',
    find: "@Scopes('revocations')\n",
    replace: '',
  },
  {
    name: 'a token that is revoked while its request waits opens a stream',
    suite: 'test/revocation/feed-opening',
    file: 'src/oauth/feed/revocation-feed.ts',
    find: 'this.revocations.assertNotRevoked(toRevocable(claims));',
    replace: '',
  },
  {
    name: 'an instance that does not hear the others opens streams',
    suite: 'test/revocation/feed-instances',
    file: 'src/oauth/feed/revocation-feed.ts',
    find: 'this.followers.assertUpToDate();',
    replace: '',
  },
  {
    name: 'a cursor of another database skips revocations',
    suite: 'test/revocation/feed-instances',
    file: 'src/sessions/revocation-log.ts',
    find: 'return known?.cursor === cursor ? position : undefined;',
    replace: 'return position;',
  },
  {
    name: 'what is revoked while the table is read reaches no follower',
    suite: 'test/revocation/feed-instances',
    file: 'src/sessions/revocation-log.ts',
    find: 'if (this.reading) this.heardMeanwhile.push(...rows);\n    else this.append(rows);',
    replace: 'if (!this.reading) this.append(rows);',
  },
  {
    name: 'after the database was restored, followers miss what is revoked',
    suite: 'test/revocation/feed-instances',
    file: 'src/sessions/revocation-log.ts',
    find: 'this.restart();\n      }',
    replace: '}',
  },
];
