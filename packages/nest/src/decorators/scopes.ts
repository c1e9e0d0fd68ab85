import { SetMetadata } from '@nestjs/common';
import { metadataKeys } from '../access-rules.js';

/** Opens a route (or a class) only to tokens that have all of these scopes; others get 403 `insufficient_scope`. */
export const Scopes = (...scopes: [string, ...string[]]) => SetMetadata(metadataKeys.scopes, scopes);
