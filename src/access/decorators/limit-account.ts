import { Reflector } from '@nestjs/core';

/** Counts the requests of a route against the limit of changes of the user's account. Past it, the response is 429. */
export const LimitAccount = Reflector.createDecorator<void, true | undefined>({ transform: () => true });
