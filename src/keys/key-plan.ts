import type { KeyPolicy, ScheduledKey, SigningAlgorithm } from './key-schedule.js';
import { bySignsFrom, judgeKeys } from './key-schedule.js';

/** One change of the stored keys. The steps of one plan are committed together. */
export type KeyStep =
  | { step: 'make'; algorithm: SigningAlgorithm; signsFrom: Date }
  | { step: 'move'; kid: string; signsFrom: Date }
  | { step: 'retire'; kid: string; verifiesUntil: Date }
  | { step: 'revoke'; kid: string; revokedAt: Date }
  | { step: 'delete'; kid: string };

/** A step that was committed; a new key has its id by then. */
export type DoneStep = KeyStep & { kid: string };

/** Decides by the rows and the database's time alone, so that whoever decides second finds nothing left to do. */
export type KeyPlanner = (keys: readonly ScheduledKey[], now: Date) => KeyStep[];

/** A revoked key stays in the list, for the operator, and its tokens are refused without looking for the key. */
const revokedKeptSeconds = 30 * 24 * 60 * 60;

/**
 * What time has made due: a key that signs, a next one that waits behind it at all times (published, so that it can take
 * over at once in an emergency), an end for each key that signs no more, and nothing kept that verifies no more.
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
      // Only ever later: an instance whose tokens live longer has the last word.
      if (!key.verifiesUntil || key.verifiesUntil < verifiesUntil) {
        steps.push({ step: 'retire', kid: key.kid, verifiesUntil });
      }
    }
    const published = after(now, policy.publishSeconds);
    // A shorter KEY_ROTATION counts from now on; a longer one from the next key on, or two settings would pull at one row.
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

/** A fresh key that signs as soon as every verifier can know it. Keys that would have signed later never signed: they go. */
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
 * As the upkeep; and if the last key in the row is of another algorithm, a rotation. Only a start asks: two instances
 * that run with different settings must not answer each other's keys with their own for ever.
 */
export function planStart(policy: KeyPolicy): KeyPlanner {
  return (keys, now) => {
    const { current, next } = judgeKeys(keys, now);
    const newest = next.at(-1) ?? current;
    const changed = newest !== undefined && newest.algorithm !== policy.algorithm;
    return (changed ? planRotation : planUpkeep)(policy)(keys, now);
  };
}

/** The emergency: nothing under the key is accepted from now on. If it was signing, the next one takes over at once. */
export function planRevocation(policy: KeyPolicy, kid: string): KeyPlanner {
  return (keys, now) => {
    const { current, next, retired } = judgeKeys(keys, now);
    // Nothing was ever signed with it.
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

/** Since when another key signs in its place. A revoked one counts: it did sign. */
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
