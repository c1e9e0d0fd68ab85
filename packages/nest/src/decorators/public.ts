import { SetMetadata } from '@nestjs/common';
import { metadataKeys } from '../access-rules.js';

/** Opens a route (or a class) to callers without an access token. Every other route is closed: deny by default. */
export const Public = () => SetMetadata(metadataKeys.public, true);
