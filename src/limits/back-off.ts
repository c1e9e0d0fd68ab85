export interface BackOffPolicy {
  /** The failures that cause no delay, plus one: the last of them causes the first. */
  freeFailures: number;
  maxDelaySeconds: number;
}

/**
 * How long an account refuses sign-ins after its n-th wrong password: not at all, then 1 s, 2 s, 4 s and so on up to the
 * longest delay. Never permanently (OWASP authentication cheat sheet, "Account Lockout").
 */
export function backOffSeconds(failures: number, { freeFailures, maxDelaySeconds }: BackOffPolicy): number {
  if (failures < freeFailures) return 0;
  // 2 ** 1024 is Infinity, which Math.min also handles.
  return Math.min(2 ** (failures - freeFailures), maxDelaySeconds);
}
