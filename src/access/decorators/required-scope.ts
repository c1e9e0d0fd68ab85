import { Reflector } from '@nestjs/core';

/**
 * Closes a route (or a controller) to access tokens of registered clients, unless they have this scope. Tokens of the
 * built-in client have no scope and need none. Pawl's own scopes are `account` for the user's account, and `admin` for
 * users, clients and the audit trail.
 */
export const RequiredScope = Reflector.createDecorator<string, string | undefined>({ transform: (scope) => scope });
