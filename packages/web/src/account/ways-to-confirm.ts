import { unwrap } from '@pawl/client';
import { pawl } from '../pawl.js';

/** What a signed-in user can confirm with. All are false for one who signs in by email or with another provider only. */
export interface WaysToConfirm {
  /** Not enough by itself once there is a second factor. */
  password: boolean;
  app: boolean;
  passkey: boolean;
}

/** If the service cannot say, everything is offered: it refuses what does not fit. */
export async function waysToConfirm(): Promise<WaysToConfirm> {
  const [factors, hasPassword] = await Promise.all([
    unwrap(pawl.api.GET('/auth/factors')).then(
      (list) => list.factors,
      () => undefined,
    ),
    unwrap(pawl.api.GET('/auth/identities')).then(
      ({ has_password }) => has_password,
      () => true,
    ),
  ]);
  const has = (type: 'totp' | 'passkey') => factors?.some((factor) => factor.type === type) ?? true;
  return { password: hasPassword && !(factors && factors.length > 0), app: has('totp'), passkey: has('passkey') };
}
