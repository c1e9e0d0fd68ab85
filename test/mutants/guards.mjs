/** Guards and access rules: who gets past a route, and with how recent and how strong a sign-in. */
export const guards = [
  {
    name: 'every route is open without a token',
    suite: 'test/auth/deny-by-default',
    file: 'src/access/access.module.ts',
    find: '{ provide: APP_GUARD, useClass: AccessGuard },',
    replace: '',
  },
  {
    name: 'every signed-in user is an admin',
    suite: 'test/auth/deny-by-default',
    file: 'src/access/roles.guard.ts',
    find: 'caller && roles.includes(caller.role)',
    replace: 'caller',
  },
  {
    name: '@Public() on a class opens its methods that name a role',
    suite: 'packages/nest/src/access-rules.spec',
    file: 'packages/nest/src/access-rules.ts',
    find: '!hasRule(onHandler) && (onHandler.isPublic',
    replace: '(onHandler.isPublic',
  },
  {
    name: '@Roles() on a class does not cover its methods',
    suite: 'packages/nest/src/access-rules.spec',
    file: 'packages/nest/src/access-rules.ts',
    find: 'roles: onHandler.roles ?? onClass.roles',
    replace: 'roles: onHandler.roles',
  },
  {
    name: 'an inherited handler has the rules of the class that was asked first',
    suite: 'packages/nest/src/access-rules.spec',
    file: 'packages/nest/src/access-rules.ts',
    find: `let rules = byClass.get(owner);
  if (!rules) byClass.set(owner, (`,
    replace: `let rules = byClass.get(handler);
  if (!rules) byClass.set(handler, (`,
  },
  {
    name: 'a user of a registered client needs no scope',
    suite: 'test/oauth/sign-in-for-clients',
    file: 'src/access/scope.guard.ts',
    find: 'caller.clientId === builtInClientId',
    replace: 'caller.userId !== undefined',
  },
  {
    name: 'a sign-in of any age confirms what needs a recent one',
    suite: 'packages/nest/src/auth-requirement.spec',
    file: 'packages/nest/src/auth-requirement.ts',
    find: 'nowSeconds - authTimeSeconds <= maxAgeSeconds',
    replace: 'nowSeconds >= authTimeSeconds',
  },
  {
    name: 'a token that does not say when its user signed in counts as recent',
    suite: 'packages/nest/src/auth-requirement.spec',
    file: 'packages/nest/src/auth-requirement.ts',
    find: '(authTimeSeconds !== undefined && nowSeconds',
    replace: '(authTimeSeconds === undefined || nowSeconds',
  },
  {
    name: 'one factor is enough where two are required',
    suite: 'packages/nest/src/auth-requirement.spec',
    file: 'packages/nest/src/auth-requirement.ts',
    find: '>= levels.indexOf(required.acr)',
    replace: ">= levels.indexOf('aal1')",
  },
  {
    name: 'a stolen session changes the account hours after the sign-in',
    suite: 'test/factors/step-up',
    file: 'src/access/decorators/full-sign-in.ts',
    find: '5 * 60',
    replace: '5 * 60 * 60',
  },
  {
    name: 'a session of one factor changes an account that has two',
    suite: 'test/factors/step-up',
    file: 'src/access/access.module.ts',
    find: '{ provide: APP_GUARD, useClass: HighestLevelGuard },',
    replace: '',
  },
  {
    name: 'two Authorization headers: a proxy and Pawl see different callers',
    suite: 'test/auth/access-tokens',
    file: 'src/access/request-tokens.ts',
    find: 'if (seen > 1)',
    replace: 'if (seen > 2)',
  },
];
