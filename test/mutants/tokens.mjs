/** Access tokens: which are believed, and for how long. */
export const tokens = [
  {
    name: 'a token of another type passes for an access token',
    suite: 'test/auth/access-tokens',
    file: 'src/tokens/token-header.ts',
    find: "if (!isAccessTokenType(header['typ'])) throw new ApiError('token_invalid', 'typ is not at+jwt');",
    replace: '',
  },
  {
    name: 'a critical extension is ignored',
    suite: 'test/auth/access-tokens',
    file: 'src/tokens/token-header.ts',
    find: "if ('crit' in header) throw new ApiError('token_invalid', 'crit is not supported');",
    replace: '',
  },
  {
    name: 'the token chooses the algorithm of its key',
    suite: ['test/keys/algorithms', 'test/auth/access-tokens'],
    file: 'src/tokens/token-header.ts',
    find: "if (header['alg'] !== key.algorithm) throw new ApiError('token_invalid', 'alg is not the key’s own');",
    replace: '',
  },
  {
    name: 'a token has several spellings',
    suite: 'test/auth/access-tokens',
    file: 'src/tokens/token-header.ts',
    find: ' || !hasOneSpelling(token)',
    replace: '',
  },
  {
    name: 'a token for another audience is accepted',
    suite: 'test/auth/access-tokens',
    file: 'src/tokens/access-token.ts',
    find: 'issuer, audience, ignoreExpiration: true };',
    replace: 'issuer, ignoreExpiration: true };',
  },
  {
    name: 'a token of another issuer is accepted',
    suite: 'test/auth/access-tokens',
    file: 'src/tokens/access-token.ts',
    find: 'issuer, audience, ignoreExpiration: true };',
    replace: 'audience, ignoreExpiration: true };',
  },
  {
    name: 'an expired token is accepted',
    suite: 'test/auth/access-tokens',
    file: 'src/tokens/access-token.ts',
    find: "if (endsAt <= this.clock.nowSeconds()) throw new ApiError('token_expired');",
    replace: '',
  },
  {
    name: 'a passkey that did not verify its user counts as two factors',
    suite: 'src/tokens/authentication.spec',
    file: 'src/tokens/authentication.ts',
    find: "methods.includes('user') && (",
    replace: '(',
  },
];
