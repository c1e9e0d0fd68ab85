import type { AssuranceLevel, UserPrincipal } from './principal.js';

/** How recent and how strong a sign-in has to be. */
export interface AuthRequirement {
  /** The user has signed in, or confirmed the sign-in, within this many seconds. */
  readonly maxAgeSeconds?: number;
  /** The least assurance level. */
  readonly acr?: AssuranceLevel;
}

const levels: readonly string[] = ['aal1', 'aal2'] satisfies AssuranceLevel[];

/** A sign-in further ahead of the clock is from before the clock was set back: how old it is, nobody knows. */
const toleranceSeconds = 60;

/** Whether a sign-in meets a requirement. A token that does not say when or how the user signed in does not meet it. */
export function meetsRequirement(
  { authTimeSeconds, acr }: Pick<UserPrincipal, 'authTimeSeconds' | 'acr'>,
  required: AuthRequirement,
  nowSeconds: number,
): boolean {
  const { maxAgeSeconds } = required;
  const isRecent =
    maxAgeSeconds === undefined ||
    (authTimeSeconds !== undefined &&
      nowSeconds - authTimeSeconds <= maxAgeSeconds &&
      authTimeSeconds - nowSeconds <= toleranceSeconds);
  const isStrong = required.acr === undefined || levels.indexOf(acr ?? '') >= levels.indexOf(required.acr);
  return isRecent && isStrong;
}

/** The value of `WWW-Authenticate` that asks for a better sign-in (RFC 9470 section 3). */
export function stepUpChallenge({ maxAgeSeconds, acr }: AuthRequirement): string {
  const wanted = [
    ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
  ];
  return ['Bearer realm="pawl"', 'error="insufficient_user_authentication"', ...wanted].join(', ');
}
