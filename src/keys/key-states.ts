import type { SigningKey as SigningKeyRow } from '../database/generated/client.js';
import { bySignsFrom, judgeKeys } from './key-schedule.js';

export type KeyState = 'next' | 'current' | 'retired' | 'gone' | 'revoked';

/** The keys in the order in which they sign, each with its state at a time of the database's clock. */
export function keysWithStates(
  rows: readonly SigningKeyRow[],
  now: Date,
): (readonly [row: SigningKeyRow, state: KeyState])[] {
  const { current, next, retired, gone, revoked } = judgeKeys(rows, now);
  const groups = { next, current: current ? [current] : [], retired, gone, revoked };
  const states = new Map(
    Object.entries(groups).flatMap(([state, keys]) => keys.map((row) => [row, state as KeyState] as const)),
  );
  return rows.toSorted(bySignsFrom).map((row) => [row, states.get(row)!]);
}
