const firstDelaySeconds = 10;
const maxDelaySeconds = 60 * 60;
const giveUpAfterSeconds = 24 * 60 * 60;

/** How long after the n-th failed attempt the next one begins: 10 s, 20 s, 40 s and so on, at most an hour. */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(firstDelaySeconds * 2 ** (attempts - 1), maxDelaySeconds);
}

/** Whether an item is given up instead of being tried again. Each item is tried at least once. */
export function isTooOld({ attempts, ageSeconds }: { attempts: number; ageSeconds: number }): boolean {
  return attempts > 1 && ageSeconds >= giveUpAfterSeconds;
}
