import type { KeyPolicy, ScheduledKey, SigningAlgorithm } from './key-schedule.js';
import { bySignsFrom, judgeKeys } from './key-schedule.js';

/** One change of the stored keys. The steps of one plan are committed together. */
export type KeyStep =
  | { step: 'make'; algorithm: SigningAlgorithm; signsFrom: Date }
  | { step: 'move'; kid: string; signsFrom: Date }
  | { step: 'retire'; kid: string; verifiesUntil: Date }
  | { step: 'revoke'; kid: string; revokedAt: Date }
  | { step: 'delete'; kid: string };

/** A committed step, with the id of the key. */
export type DoneStep = KeyStep & { kid: string };

/** Decides by the rows and the database's time only, so that the second instance to decide finds nothing left to do. */
export type KeyPlanner = (keys: readonly ScheduledKey[], now: Date) => KeyStep[];

/** A revoked key stays in the operator's list, and its tokens are refused without reading the keys again. */
const revokedKeptSeconds = 30 * 24 * 60 * 60;

/**
 * Plans what has become due. There must be a key that signs, and one that waits behind it (published, so that it can take
 * over at once in an emergency). Keys that no longer sign get an end, and keys that no longer verify are deleted.
 */
export function planUpkeep(policy: KeyPolicy): KeyPlanner {
  return (keys, now) => {
    const { current, next, retired, gone, revoked } = judgeKeys(keys, now);
    const stale = [...gone, ...revoked.filter((key) => after(key.revokedAt!, revokedKeptSeconds) <= now)];
    const steps: KeyStep[] = stale.map(({ kid }) => ({ step: 'delete', kid }));
    const [first] = next;
    if (!current) return [...steps, signNow(first, now, policy)];

    for (const key of retired) {
      const verifiesUntil = after(takenOverAt(key, keys, now), policy.retentionSeconds);
      // The end only ever moves later: the instance whose tokens live longest decides.
      if (!key.verifiesUntil || key.verifiesUntil < verifiesUntil) {
        steps.push({ step: 'retire', kid: key.kid, verifiesUntil });
      }
    }
    const published = after(now, policy.publishSeconds);
    // A shorter KEY_ROTATION applies at once. A longer one applies to the next key, or two settings would fight over a row.
    const dueAt = later(published, after(current.signsFrom, policy.rotationSeconds));
    if (first && first.signsFrom > dueAt) steps.push({ step: 'move', kid: first.kid, signsFrom: dueAt });
    const newest = next.at(-1) ?? current;
    if (newest.signsFrom <= published) {
      const signsFrom = later(published, after(newest.signsFrom, policy.rotationSeconds));
      steps.push({ step: 'make', algorithm: policy.algorithm, signsFrom });
    }
    return steps;
  };
}

/** Plans a new key that signs as soon as every verifier can know it. Waiting keys that would sign later are deleted. */
export function planRotation(policy: KeyPolicy): KeyPlanner {
  return (keys, now) => {
    const { current, next } = judgeKeys(keys, now);
    if (!current) return planUpkeep(policy)(keys, now);
    const signsFrom = after(now, policy.publishSeconds);
    const obsolete = next.filter((key) => key.signsFrom > signsFrom);
    return [
      ...obsolete.map(({ kid }): KeyStep => ({ step: 'delete', kid })),
      { step: 'make', algorithm: policy.algorithm, signsFrom },
    ];
  };
}

/**
 * As the upkeep, and a rotation if the newest key has another algorithm than configured. Only for starts: two running
 * instances with different settings must not replace each other's keys forever.
 */
export function planStart(policy: KeyPolicy): KeyPlanner {
  return (keys, now) => {
    const { current, next } = judgeKeys(keys, now);
    const newest = next.at(-1) ?? current;
    const changed = newest !== undefined && newest.algorithm !== policy.algorithm;
    return (changed ? planRotation : planUpkeep)(policy)(keys, now);
  };
}

/** The emergency: every token under the key is refused from now on. If the key was signing, the next one takes over. */
export function planRevocation(policy: KeyPolicy, kid: string): KeyPlanner {
  return (keys, now) => {
    const { current, next, retired } = judgeKeys(keys, now);
    // It has never signed.
    if (next.some((key) => key.kid === kid)) return [{ step: 'delete', kid }];
    if (current?.kid === kid) return [{ step: 'revoke', kid, revokedAt: now }, signNow(next[0], now, policy)];
    return retired.some((key) => key.kid === kid) ? [{ step: 'revoke', kid, revokedAt: now }] : [];
  };
}

export function describeStep(done: DoneStep): string {
  const key = `Signing key ${done.kid}`;
  switch (done.step) {
    case 'make':
      return `${key} (${done.algorithm}) was made: it signs from ${done.signsFrom.toISOString()}.`;
    case 'move':
      return `${key} signs from ${done.signsFrom.toISOString()}.`;
    case 'retire':
      return `${key} signs no more, and verifies until ${done.verifiesUntil.toISOString()}.`;
    case 'revoke':
      return `${key} is revoked: every token under it is refused.`;
    case 'delete':
      return `${key} is deleted: nothing is verified with it any more.`;
  }
}

function signNow(waiting: ScheduledKey | undefined, now: Date, { algorithm }: KeyPolicy): KeyStep {
  return waiting ? { step: 'move', kid: waiting.kid, signsFrom: now } : { step: 'make', algorithm, signsFrom: now };
}

/** When another key began to sign in its place. A revoked key counts, because it did sign. */
function takenOverAt(key: ScheduledKey, keys: readonly ScheduledKey[], now: Date): Date {
  const successors = keys.filter((other) => bySignsFrom(key, other) < 0 && other.signsFrom <= now);
  return successors.sort(bySignsFrom)[0]?.signsFrom ?? now;
}

function after(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1000);
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}
