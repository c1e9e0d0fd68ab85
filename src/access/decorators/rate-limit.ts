import { Reflector } from '@nestjs/core';
import type { LimitName } from '../../limits/address-limits.js';

/** Counts the requests of a route against a limit of the caller's address. Past the limit, the response is 429 `rate_limited`. */
export const RateLimit = Reflector.createDecorator<LimitName, LimitName | undefined>({ transform: (name) => name });
