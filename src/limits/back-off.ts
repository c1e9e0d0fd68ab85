export interface BackOffPolicy {
  /** Failures that cost no wait, but for the last of them. */
  freeFailures: number;
  maxDelaySeconds: number;
}

/**
 * How long an account refuses after its n-th wrong password: not at all, then 1 s, 2 s, 4 s and on to the longest. Never
 * for good (OWASP authentication cheat sheet, "Account Lockout").
 */
export function backOffSeconds(failures: number, { freeFailures, maxDelaySeconds }: BackOffPolicy): number {
  if (failures < freeFailures) return 0;
  // 2 ** 1024 is Infinity, which the longest delay bounds too.
  return Math.min(2 ** (failures - freeFailures), maxDelaySeconds);
}
