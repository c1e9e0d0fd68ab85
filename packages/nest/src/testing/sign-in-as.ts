import { randomUUID } from 'node:crypto';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
// The published entry, so that these are the classes that the application has imported, in every module system.
import type { UserPrincipal, VerifiedToken } from '../index.js';
import { PawlGuard, TokenVerifier } from '../index.js';

/** A caller in a test. Everything has a default. With `clientId` alone it is a user of that client. */
export interface TestCaller {
  userId?: string;
  role?: string;
  scope?: string;
  sessionId?: string;
  clientId?: string;
  acr?: string;
  amr?: readonly string[];
  /** When the user signed in, in seconds since 1970. Default: now. */
  authTimeSeconds?: number;
}

/** A testing module of `@nestjs/testing` that is not compiled yet. */
interface TestingModuleBuilder {
  overrideProvider(type: unknown): { useValue(value: unknown): unknown };
}

/**
 * Every call of the application under test comes from this user, with or without a token. `@Public()`, `@Roles()`, `@Scopes()`
 * and `@RequireAuth()` apply as usual, and Pawl is not needed. A function is asked at each call; if it returns nothing, nobody
 * is signed in.
 *
 *     const module = await signInAs(Test.createTestingModule({ imports: [AppModule] }), { role: 'admin' }).compile();
 */
export function signInAs<Builder extends TestingModuleBuilder>(
  builder: Builder,
  caller: TestCaller | (() => TestCaller | undefined),
): Builder {
  const fixed = typeof caller === 'function' ? undefined : toPrincipal(caller);
  const current = () => fixed ?? toCurrent(caller as () => TestCaller | undefined);
  builder.overrideProvider(PawlGuard).useValue(new SignedInGuard(current));
  // The real one would look for Pawl.
  builder.overrideProvider(TokenVerifier).useValue(new NoVerifier(current));
  return builder;
}

class SignedInGuard implements CanActivate {
  constructor(private readonly caller: () => UserPrincipal | undefined) {}

  canActivate(context: ExecutionContext): boolean {
    return PawlGuard.admitCaller(context, this.caller());
  }
}

/** Stands in for `TokenVerifier`. */
class NoVerifier implements Pick<TokenVerifier, 'isIntrospecting' | 'verify' | 'onRevoked'> {
  readonly isIntrospecting = false;

  constructor(private readonly caller: () => UserPrincipal | undefined) {}

  verify(): VerifiedToken {
    const principal = this.caller();
    if (!principal) throw new Error('Nobody is signed in.');
    return { principal, sessionId: principal.sessionId, tokenId: randomUUID(), expiresAtMs: Infinity };
  }

  onRevoked(): void {
    // Nothing is revoked here.
  }
}

function toCurrent(caller: () => TestCaller | undefined): UserPrincipal | undefined {
  const given = caller();
  return given && toPrincipal(given);
}

function toPrincipal({ userId = randomUUID(), role = 'user', scope = '', ...rest }: TestCaller): UserPrincipal {
  const { sessionId = randomUUID(), clientId = 'pawl', acr = 'aal1', amr = ['pwd'] } = rest;
  const { authTimeSeconds = Math.floor(Date.now() / 1000) } = rest;
  return Object.freeze({ userId, role, scope, sessionId, clientId, acr, amr, authTimeSeconds });
}
