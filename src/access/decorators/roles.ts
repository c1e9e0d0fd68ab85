import { Reflector } from '@nestjs/core';

/** Opens a route (or a controller) only to these values of the `role` claim; others get 403 `forbidden`. */
export const Roles = Reflector.createDecorator<string | string[], string[] | undefined>({
  transform: (roles) => [roles].flat(),
});
