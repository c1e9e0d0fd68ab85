import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RequireAuth } from '#pawl/nest/decorators/require-auth.js';

const maxAgeSeconds = 5 * 60;

/** For HighestLevelGuard. */
export const HighestLevel = Reflector.createDecorator<void, true | undefined>({ transform: () => true });

/**
 * Demands a sign-in, or a step-up, of the last five minutes and of the highest level that the account has: `aal2` if it has
 * a second factor. For what a stolen session must not do (OWASP ASVS 7.5.1).
 */
export const FullSignIn = () => applyDecorators(RequireAuth({ maxAgeSeconds }), HighestLevel());
