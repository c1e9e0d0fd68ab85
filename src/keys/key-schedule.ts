import type { Config } from '../config/config.js';

export type SigningAlgorithm = Config['keys']['algorithm'];

/** What decides about a key's life: the instants of its row (prisma/schema.prisma says who writes each). */
export interface ScheduledKey {
  kid: string;
  algorithm: string;
  createdAt: Date;
  signsFrom: Date;
  verifiesUntil: Date | null;
  revokedAt: Date | null;
}

export interface JudgedKeys<Key> {
  /** Published, not signing yet; the one that signs first comes first. */
  next: Key[];
  current: Key | undefined;
  /** Sign no more, and verify until their last token has expired. */
  retired: Key[];
  /** The last token under it has expired: nothing is left to verify. */
  gone: Key[];
  /** Refused in an emergency, whatever else its row says. */
  revoked: Key[];
  /** When time alone will change this judgement; undefined for never. */
  changesAt: Date | undefined;
}

/** What each key is at the instant `now`. Pure; every instance judges the same rows by the database's time. */
export function judgeKeys<Key extends ScheduledKey>(keys: readonly Key[], now: Date): JudgedKeys<Key> {
  const revoked = keys.filter((key) => key.revokedAt);
  const gone = keys.filter((key) => !key.revokedAt && key.verifiesUntil && key.verifiesUntil <= now);
  const live = keys.filter((key) => !revoked.includes(key) && !gone.includes(key)).sort(bySignsFrom);
  const next = live.filter((key) => key.signsFrom > now);
  const begun = live.filter((key) => key.signsFrom <= now);
  // A key that was told when to stop verifying does not sign again, also when its successor was revoked.
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
  /** How often an instance that hears the others reads the keys all the same. */
  reloadSeconds: number;
}

const maxReloadSeconds = 60;
/** An instance that hears of a new key late signs with the old one for so long; clocks drift apart by less. */
const retentionMarginSeconds = 5 * 60;
/** At most so many keys wait at a time, however short KEY_ROTATION is. */
const maxWaitingKeys = 4;

export function keyPolicy({ keys, accessToken }: Pick<Config, 'keys' | 'accessToken'>): KeyPolicy {
  const reloadSeconds = Math.min(maxReloadSeconds, keys.jwksMaxAgeSeconds);
  // An instance that learns of a key by reading, at the latest, hands out the key set without it until then.
  const publishSeconds = keys.jwksMaxAgeSeconds + reloadSeconds;
  return {
    algorithm: keys.algorithm,
    rotationSeconds: Math.max(keys.rotationSeconds, publishSeconds / maxWaitingKeys),
    publishSeconds,
    retentionSeconds: accessToken.ttlSeconds + retentionMarginSeconds,
    reloadSeconds,
  };
}
