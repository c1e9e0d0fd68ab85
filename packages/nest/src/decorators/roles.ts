import { SetMetadata } from '@nestjs/common';
import { metadataKeys } from '../access-rules.js';

/** Opens a route (or a class) only to these values of the `role` claim; others get 403 `forbidden`. */
export const Roles = (...roles: [string, ...string[]]) => SetMetadata(metadataKeys.roles, roles);
