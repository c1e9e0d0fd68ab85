import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';

/** Throws `validation_failed` unless the role is one of ROLES. */
export function assertKnownRole(role: string, { roles }: Pick<Config, 'roles'>): void {
  if (roles.includes(role)) return;
  const message = `must be one of ${roles.join(', ')}`;
  throw new ApiError('validation_failed', 'unknown role', { fieldErrors: [{ path: 'role', message }] });
}
