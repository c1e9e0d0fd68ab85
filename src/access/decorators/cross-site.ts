import { Reflector } from '@nestjs/core';

/** Lets pages of other sites send a request: for a route that changes nothing and reads no cookie. */
export const CrossSite = Reflector.createDecorator<void, true | undefined>({ transform: () => true });
