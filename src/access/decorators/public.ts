import { Reflector } from '@nestjs/core';

/** Opens a route (or a controller) to callers without an access token. Every other route is closed: deny by default. */
export const Public = Reflector.createDecorator<void, true | undefined>({ transform: () => true });
