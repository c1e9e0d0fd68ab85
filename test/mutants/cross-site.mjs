/** Requests that another site makes a browser send, and what cookies allow. */
export const crossSite = [
  {
    name: 'another site acts with the cookies of its visitor',
    suite: 'test/auth/csrf',
    file: 'src/access/access.module.ts',
    find: '{ provide: APP_GUARD, useClass: CsrfGuard },',
    replace: '',
  },
  {
    name: 'another site deletes with the cookies of its visitor',
    suite: 'test/auth/csrf',
    file: 'src/access/csrf.guard.ts',
    find: "'GET', 'HEAD', 'OPTIONS'",
    replace: "'GET', 'HEAD', 'OPTIONS', 'DELETE'",
  },
  {
    name: 'any Authorization header, such as Basic, switches the check off',
    suite: 'test/auth/csrf',
    file: 'src/access/csrf.guard.ts',
    find: "this.tokens.credentialsOf(request)?.via !== 'header'",
    replace: 'request.headers.authorization === undefined',
  },
  {
    name: 'another site signs its visitor in to the account of an attacker',
    suite: 'test/auth/csrf',
    file: 'src/access/csrf.guard.ts',
    find: "body.delivery === 'cookie'",
    replace: 'body.delivery === true',
  },
  {
    name: 'another site completes a sign-in with the second factor of an attacker',
    suite: 'test/factors/second-factor',
    file: 'src/access/csrf.guard.ts',
    find: '&& leadsToCookies(body.challenge)',
    replace: '&& false',
  },
  {
    name: 'any subdomain acts with the cookies of its visitor',
    suite: 'test/auth/csrf',
    file: 'src/access/csrf.guard.ts',
    find: "=== 'same-site') return this.isListed(request);",
    replace: "=== 'same-site') return true;",
  },
];
