import { Reflector } from '@nestjs/core';

/** Opens a route to users whose role requires a second factor and who have none yet. Every other route is closed to them. */
export const OpenToEnrolment = Reflector.createDecorator<void, true | undefined>({ transform: () => true });
