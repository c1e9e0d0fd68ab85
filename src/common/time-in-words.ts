const units = [
  ['year', 365 * 24 * 60 * 60],
  ['day', 24 * 60 * 60],
  ['hour', 60 * 60],
  ['minute', 60],
  ['second', 1],
] as const;

const format = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** `3 minutes ago`, `in 27 days`: whole numbers of the largest unit that fits at least twice, so little is lost by rounding. */
export function timeInWords(instant: Date, now: Date): string {
  const seconds = Math.trunc((instant.getTime() - now.getTime()) / 1000);
  if (seconds === 0) return 'now';
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= 2 * length) ?? ['second', 1];
  return format.format(Math.trunc(seconds / size), unit);
}
