import { Reflector } from '@nestjs/core';

/** What is limited for each address; docs/abuse.md has the limits. */
export type LimitName = 'register' | 'forgot' | 'resend' | 'refresh';

/** Counts the requests of a route against a limit of the caller's address; past it: 429 `rate_limited`. */
export const RateLimit = Reflector.createDecorator<LimitName, LimitName | undefined>({ transform: (name) => name });
