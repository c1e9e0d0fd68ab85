const units = [
  ['day', 24 * 60 * 60],
  ['hour', 60 * 60],
  ['minute', 60],
  ['second', 1],
] as const;

/** "in 14 minutes", "3 days ago": from now to a time in seconds since 1970. */
export function fromNow(seconds: number, nowMs: number, language: string): string {
  const difference = Math.round(seconds - nowMs / 1000);
  const [unit, size] = units.find(([, atLeast]) => Math.abs(difference) >= atLeast) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.trunc(difference / size), unit);
}

/** RFC 7519 section 2, NumericDate, as far as a date can hold it. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12;
}
