import type { KeyPlanner, KeyStep } from './key-plan.js';
import { describeStep, planRevocation, planRotation, planStart, planUpkeep } from './key-plan.js';
import type { KeyPolicy, ScheduledKey, SigningAlgorithm } from './key-schedule.js';
import { judgeKeys } from './key-schedule.js';

const now = new Date('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const day = 24 * 60 * 60;
const policy: KeyPolicy = {
  algorithm: 'ES256',
  rotationSeconds: 30 * day,
  publishSeconds: 360,
  retentionSeconds: 1200,
  reloadSeconds: 60,
};

interface Instants {
  signsFrom: number;
  verifiesUntil?: number;
  revokedAt?: number;
  algorithm?: SigningAlgorithm;
}

function key(kid: string, { signsFrom, verifiesUntil, revokedAt, algorithm = 'ES256' }: Instants): ScheduledKey {
  return {
    kid,
    algorithm,
    createdAt: at(signsFrom - 1000),
    signsFrom: at(signsFrom),
    verifiesUntil: verifiesUntil === undefined ? null : at(verifiesUntil),
    revokedAt: revokedAt === undefined ? null : at(revokedAt),
  };
}

const make = (signsFrom: number, algorithm: SigningAlgorithm = 'ES256'): KeyStep => ({
  step: 'make',
  algorithm,
  signsFrom: at(signsFrom),
});
const move = (kid: string, signsFrom: number): KeyStep => ({ step: 'move', kid, signsFrom: at(signsFrom) });
const retire = (kid: string, verifiesUntil: number): KeyStep => ({
  step: 'retire',
  kid,
  verifiesUntil: at(verifiesUntil),
});
const revoke = (kid: string): KeyStep => ({ step: 'revoke', kid, revokedAt: now });
const remove = (kid: string): KeyStep => ({ step: 'delete', kid });

describe('the upkeep', () => {
  it.each<[string, ScheduledKey[], KeyStep[]]>([
    ['an empty database: a key that signs at once', [], [make(0)]],
    ['a key without one behind it: the next, a rotation later', [key('a', { signsFrom: -day })], [make(29 * day)]],
    ['a key and its next: nothing', [key('a', { signsFrom: -day }), key('b', { signsFrom: 29 * day })], []],
    [
      'a key that should have been replaced long ago: the next signs once it was published',
      [key('a', { signsFrom: -400 * day })],
      [make(360)],
    ],
    [
      'a next key about to sign: one behind it, so that there always is one',
      [key('a', { signsFrom: -30 * day + 360 }), key('b', { signsFrom: 360 })],
      [make(360 + 30 * day)],
    ],
    [
      'a key that took over: an end for its predecessor, and a next one',
      [key('a', { signsFrom: -30 * day }), key('b', { signsFrom: 0 })],
      [retire('a', 1200), make(30 * day)],
    ],
    [
      'found late, the end counts from when the other took over',
      [key('a', { signsFrom: -30 * day }), key('b', { signsFrom: -50 }), key('c', { signsFrom: 29 * day })],
      [retire('a', 1150)],
    ],
    [
      'several slept-through rotations: each predecessor ends by its own successor',
      [
        key('a', { signsFrom: -90 * day }),
        key('b', { signsFrom: -60 * day }),
        key('c', { signsFrom: -10 }),
        key('d', { signsFrom: day }),
      ],
      [retire('a', -60 * day + 1200), retire('b', 1190)],
    ],
    [
      'an end that another instance, whose tokens live shorter, set too early: later',
      [key('a', { signsFrom: -day, verifiesUntil: 100 }), key('b', { signsFrom: -50 }), key('c', { signsFrom: day })],
      [retire('a', 1150)],
    ],
    [
      'an end that is later than ours: stays',
      [key('a', { signsFrom: -day, verifiesUntil: 9000 }), key('b', { signsFrom: -50 }), key('c', { signsFrom: day })],
      [],
    ],
    [
      'a successor that was revoked counts: it did sign',
      [
        key('a', { signsFrom: -day }),
        key('b', { signsFrom: -50, revokedAt: -20 }),
        key('c', { signsFrom: -20 }),
        key('d', { signsFrom: day }),
      ],
      [retire('a', 1150)],
    ],
    [
      'a key that verifies no more: deleted',
      [key('a', { signsFrom: -day, verifiesUntil: 0 }), key('b', { signsFrom: -50 }), key('c', { signsFrom: day })],
      [remove('a')],
    ],
    [
      'a revoked key: kept for 30 days, for the operator to see',
      [
        key('a', { signsFrom: -90 * day, revokedAt: -30 * day }),
        key('b', { signsFrom: -80 * day, revokedAt: -30 * day + 1 }),
        key('c', { signsFrom: -day }),
        key('d', { signsFrom: day }),
      ],
      [remove('a')],
    ],
    [
      'no key signs (its row was deleted): the one that waits does, at once',
      [key('b', { signsFrom: day }), key('c', { signsFrom: 9 * day })],
      [move('b', 0)],
    ],
    [
      'a KEY_ROTATION that became shorter: the next key signs sooner',
      [key('a', { signsFrom: -10 * day }), key('b', { signsFrom: 300 * day })],
      [move('b', 20 * day)],
    ],
    [
      'a KEY_ROTATION that became much shorter: never before the key was published',
      [key('a', { signsFrom: -40 * day }), key('b', { signsFrom: 300 * day })],
      [move('b', 360)],
    ],
    [
      'a KEY_ROTATION that became longer: counts for the key after the next',
      [key('a', { signsFrom: -day }), key('b', { signsFrom: day })],
      [],
    ],
    [
      'a next key of another algorithm: stays (only a start changes it)',
      [key('a', { signsFrom: -day }), key('b', { signsFrom: 29 * day, algorithm: 'RS256' })],
      [],
    ],
  ])('%s', (_, keys, expected) => {
    expect(planUpkeep(policy)(keys, now)).toEqual(expected);
  });

  it('rotates once a second if configured so, with every key published for its time', () => {
    const fast = { ...policy, rotationSeconds: 1, publishSeconds: 2, retentionSeconds: 5 };
    const { history, keys } = live(planUpkeep(fast), 60, 0.25);
    const changes = history.filter((state, i) => state.current !== history[i - 1]?.current);
    expect(changes.length).toBeGreaterThanOrEqual(58);
    for (const [made, signs] of keys) expect(signs - made).toBeGreaterThanOrEqual(made === 0 ? 0 : 2);
    expect(Math.max(...history.map((state) => state.next))).toBeLessThanOrEqual(4);
    expect(Math.max(...history.map((state) => state.all))).toBeLessThanOrEqual(4 + 1 + 6);
  });
});

describe('a start', () => {
  it.each<[string, ScheduledKey[], KeyStep[]]>([
    ['an empty database', [], [make(0)]],
    ['keys of the algorithm that is set', [key('a', { signsFrom: -day }), key('b', { signsFrom: 29 * day })], []],
    [
      'another algorithm: a key of it, signing once it was published; the one that waited goes',
      [key('a', { signsFrom: -day, algorithm: 'RS256' }), key('b', { signsFrom: 29 * day, algorithm: 'RS256' })],
      [remove('b'), make(360)],
    ],
    [
      'another algorithm, changed before by another instance',
      [key('a', { signsFrom: -day, algorithm: 'RS256' }), key('b', { signsFrom: 300 })],
      [make(300 + 30 * day)],
    ],
    [
      'a key about to sign is left alone',
      [key('a', { signsFrom: -day, algorithm: 'RS256' }), key('b', { signsFrom: 100, algorithm: 'RS256' })],
      [make(360)],
    ],
  ])('%s', (_, keys, expected) => {
    expect(planStart(policy)(keys, now)).toEqual(expected);
  });
});

describe('a rotation by the operator', () => {
  it.each<[string, ScheduledKey[], KeyStep[]]>([
    ['of an empty database', [], [make(0)]],
    [
      'makes a fresh key; the one that waited, and may have been seen, goes unused',
      [key('a', { signsFrom: -day }), key('b', { signsFrom: 29 * day })],
      [remove('b'), make(360)],
    ],
    [
      'twice in a row makes two',
      [key('a', { signsFrom: -day }), key('b', { signsFrom: 300 }), key('c', { signsFrom: 30 * day })],
      [remove('c'), make(360)],
    ],
  ])('%s', (_, keys, expected) => {
    expect(planRotation(policy)(keys, now)).toEqual(expected);
  });
});

describe('a revocation', () => {
  const keys = [
    key('retired', { signsFrom: -40 * day, verifiesUntil: 500 }),
    key('current', { signsFrom: -10 * day }),
    key('next', { signsFrom: 20 * day }),
    key('gone', { signsFrom: -90 * day, verifiesUntil: -5 }),
    key('revoked', { signsFrom: -95 * day, revokedAt: -9 }),
  ];

  it.each<[string, KeyStep[]]>([
    ['current', [revoke('current'), move('next', 0)]],
    ['retired', [revoke('retired')]],
    ['next', [remove('next')]],
    ['gone', []],
    ['revoked', []],
    ['nobody', []],
  ])('of a key that is %s', (kid, expected) => {
    expect(planRevocation(policy, kid)(keys, now)).toEqual(expected);
  });

  it('of the current key without a waiting one: a new one signs at once', () => {
    expect(planRevocation(policy, 'current')(keys.slice(0, 2), now)).toEqual([revoke('current'), make(0)]);
  });

  it('of one key after the other always leaves one that signs, and never one that was revoked', () => {
    const planner = planUpkeep(policy);
    let rows = apply(planner(apply([make(0)], []), now), apply([make(0)], []));
    for (let i = 0; i < 5; i++) {
      const { current } = judgeKeys(rows, now);
      expect(current?.revokedAt).toBeNull();
      rows = apply(planRevocation(policy, current!.kid)(rows, now), rows);
      if (i % 2) rows = apply(planner(rows, now), rows);
    }
    expect(judgeKeys(rows, now).revoked).toHaveLength(5);
  });
});

it('each step is described in a sentence that names the key', () => {
  for (const step of [make(1), move('x', 1), retire('x', 1), revoke('x'), remove('x')]) {
    expect(describeStep({ ...step, kid: 'x' })).toMatch(/^Signing key x .+\.$/);
  }
});

let made = 0;

/** What the store does with a plan. */
function apply(steps: KeyStep[], rows: readonly ScheduledKey[], time = now): ScheduledKey[] {
  let result = rows.map((row) => ({ ...row }));
  for (const step of steps) {
    if (step.step === 'make') {
      const { algorithm, signsFrom } = step;
      result.push({
        kid: `made ${made++}`,
        algorithm,
        signsFrom,
        createdAt: time,
        verifiesUntil: null,
        revokedAt: null,
      });
    } else if (step.step === 'delete') {
      result = result.filter((row) => row.kid !== step.kid);
    } else {
      const { step: _, ...change } = step;
      Object.assign(
        result.find((row) => row.kid === step.kid)!,
        change,
      );
    }
  }
  return result;
}

/** Runs the plans at intervals for some seconds. Returns when each key was made and when it signed, in seconds. */
function live(planner: KeyPlanner, seconds: number, everySeconds: number) {
  let rows: ScheduledKey[] = [];
  const history: { current: string; next: number; all: number }[] = [];
  const keys = new Map<string, [made: number, signs: number]>();
  for (let elapsed = 0; elapsed <= seconds; elapsed += everySeconds) {
    for (let round = 0; round < 8; round++) rows = apply(planner(rows, at(elapsed)), rows, at(elapsed));
    const { current, next } = judgeKeys(rows, at(elapsed));
    history.push({ current: current!.kid, next: next.length, all: rows.length });
    for (const row of rows) keys.set(row.kid, [(+row.createdAt - +now) / 1000, (+row.signsFrom - +now) / 1000]);
  }
  return { history, keys: [...keys.values()] };
}
