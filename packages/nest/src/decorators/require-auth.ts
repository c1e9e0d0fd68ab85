import { SetMetadata } from '@nestjs/common';
import { metadataKeys } from '../access-rules.js';
import type { AuthRequirement } from '../auth-requirement.js';

/**
 * Demands a recent or a stronger sign-in on a route (or a class): within `maxAgeSeconds`, at least `acr`. Other tokens get
 * 401 `insufficient_user_authentication` (RFC 9470), and the client asks the user to confirm the sign-in.
 */
export const RequireAuth = (requirement: AuthRequirement) => SetMetadata(metadataKeys.auth, requirement);
