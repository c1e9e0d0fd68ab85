import type { Config } from '../config/config.js';

export type SigningAlgorithm = Config['keys']['algorithm'];

/** The times that decide the life of a key; prisma/schema.prisma says who writes each. */
export interface ScheduledKey {
  kid: string;
  algorithm: string;
  createdAt: Date;
  signsFrom: Date;
  verifiesUntil: Date | null;
  revokedAt: Date | null;
}

export interface JudgedKeys<Key> {
  /** Published but not signing yet. The one that signs first comes first. */
  next: Key[];
  current: Key | undefined;
  /** No longer sign, and verify until their last token has expired. */
  retired: Key[];
  /** Their last token has expired: there is nothing left to verify. */
  gone: Key[];
  /** Refused in an emergency, whatever else its row says. */
  revoked: Key[];
  /** When this judgement changes by the passing of time; undefined for never. */
  changesAt: Date | undefined;
}

/** What each key is at the time `now`. Pure: every instance judges the same rows by the database's time. */
export function judgeKeys<Key extends ScheduledKey>(keys: readonly Key[], now: Date): JudgedKeys<Key> {
  const revoked = keys.filter((key) => key.revokedAt);
  const gone = keys.filter((key) => !key.revokedAt && key.verifiesUntil && key.verifiesUntil <= now);
  const live = keys.filter((key) => !revoked.includes(key) && !gone.includes(key)).sort(bySignsFrom);
  const next = live.filter((key) => key.signsFrom > now);
  const begun = live.filter((key) => key.signsFrom <= now);
  // A key that has an end does not sign again, even if its successor was revoked.
  const current = begun.filter((key) => !key.verifiesUntil).at(-1);
  const retired = begun.filter((key) => key !== current);
  const changes = [...next.map((key) => key.signsFrom), ...retired.flatMap((key) => key.verifiesUntil ?? [])];
  return { next, current, retired, gone, revoked, changesAt: changes.sort((a, b) => a.getTime() - b.getTime())[0] };
}

/** The order in which keys sign. */
export function bySignsFrom(a: ScheduledKey, b: ScheduledKey): number {
  return (
    a.signsFrom.getTime() - b.signsFrom.getTime() ||
    a.createdAt.getTime() - b.createdAt.getTime() ||
    (a.kid < b.kid ? -1 : 1)
  );
}

export interface KeyPolicy {
  algorithm: SigningAlgorithm;
  /** How long a key signs before the next one takes over. */
  rotationSeconds: number;
  /** How long a key is published before it signs. */
  publishSeconds: number;
  /** How long a key verifies after the last moment at which it may have signed. */
  retentionSeconds: number;
  /** How often an instance reads the keys although it is notified of changes. */
  reloadSeconds: number;
}

const maxReloadSeconds = 60;
/** How long an instance that learns of a new key late may sign with the old one. Clocks differ by less. */
const retentionMarginSeconds = 5 * 60;
/** The most keys that wait at a time, however short KEY_ROTATION is. */
const maxWaitingKeys = 4;

export function keyPolicy({ keys, accessToken }: Pick<Config, 'keys' | 'accessToken'>): KeyPolicy {
  const reloadSeconds = Math.min(maxReloadSeconds, keys.jwksMaxAgeSeconds);
  // Until its next reading, an instance may publish the key set without a new key.
  const publishSeconds = keys.jwksMaxAgeSeconds + reloadSeconds;
  return {
    algorithm: keys.algorithm,
    rotationSeconds: Math.max(keys.rotationSeconds, publishSeconds / maxWaitingKeys),
    publishSeconds,
    retentionSeconds: accessToken.ttlSeconds + retentionMarginSeconds,
    reloadSeconds,
  };
}
