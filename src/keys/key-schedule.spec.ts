import type { ScheduledKey } from './key-schedule.js';
import { judgeKeys, keyPolicy } from './key-schedule.js';

const now = new Date('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);

/** A key by its id and the seconds from now at which things happen to it. */
function key(kid: string, signsFrom: number, verifiesUntil?: number, revokedAt?: number): ScheduledKey {
  return {
    kid,
    algorithm: 'ES256',
    createdAt: at(signsFrom - 1000),
    signsFrom: at(signsFrom),
    verifiesUntil: verifiesUntil === undefined ? null : at(verifiesUntil),
    revokedAt: revokedAt === undefined ? null : at(revokedAt),
  };
}

const kids = (keys: ScheduledKey[]) => keys.map(({ kid }) => kid).join(' ');

describe('what each key is', () => {
  it.each<
    [string, ScheduledKey[], { next?: string; current?: string; retired?: string; gone?: string; revoked?: string }]
  >([
    ['no keys', [], {}],
    ['one that signs', [key('a', -10)], { current: 'a' }],
    ['one that signs from this very instant', [key('a', 0)], { current: 'a' }],
    ['one that waits', [key('a', -10), key('b', 10)], { current: 'a', next: 'b' }],
    [
      'several that wait, the first to sign first',
      [key('c', 20), key('b', 10), key('a', -10)],
      { current: 'a', next: 'b c' },
    ],
    [
      'one that took over, before the end of its predecessor was set',
      [key('a', -10), key('b', -5)],
      { current: 'b', retired: 'a' },
    ],
    ['one that retired', [key('a', -10, 100), key('b', -5)], { current: 'b', retired: 'a' }],
    ['one whose last token has expired', [key('a', -10, 0), key('b', -5)], { current: 'b', gone: 'a' }],
    [
      'an instance that slept through two rotations',
      [key('a', -30), key('b', -20), key('c', -10)],
      { current: 'c', retired: 'a b' },
    ],
    [
      'one that was revoked while it signed',
      [key('a', -10, undefined, -1), key('b', 0)],
      { current: 'b', revoked: 'a' },
    ],
    ['one that was revoked after it retired', [key('a', -10, 100, -1), key('b', -5)], { current: 'b', revoked: 'a' }],
    [
      'one that was revoked and whose time is over',
      [key('a', -10, -5, -7), key('b', -8)],
      { current: 'b', revoked: 'a' },
    ],
    [
      'a successor that was revoked: the retired one does not come back',
      [key('a', -10, 100), key('b', -5, undefined, -1)],
      { retired: 'a', revoked: 'b' },
    ],
    [
      'two that sign from one instant: the one made later',
      [
        { ...key('b', -5), createdAt: at(-50) },
        { ...key('a', -5), createdAt: at(-60) },
      ],
      { current: 'b', retired: 'a' },
    ],
  ])('%s', (_, keys, expected) => {
    const { next, current, retired, gone, revoked } = judgeKeys(keys, now);
    expect({
      next: kids(next),
      current: current?.kid,
      retired: kids(retired),
      gone: kids(gone),
      revoked: kids(revoked),
    }).toEqual({
      next: '',
      retired: '',
      gone: '',
      revoked: '',
      current: undefined,
      ...expected,
    });
  });

  it.each<[string, ScheduledKey[], Date | undefined]>([
    ['never, without anything that waits', [key('a', -10)], undefined],
    ['when the next key signs', [key('a', -10), key('b', 10), key('c', 20)], at(10)],
    ['when a retired one is done', [key('a', -10, 5), key('b', -5), key('c', 10)], at(5)],
  ])('changes by time alone: %s', (_, keys, expected) => {
    expect(judgeKeys(keys, now).changesAt).toEqual(expected);
  });
});

describe('the policy', () => {
  const settings = (rotationSeconds: number, jwksMaxAgeSeconds: number, ttlSeconds = 900) =>
    keyPolicy({
      keys: { algorithm: 'ES256', rotationSeconds, jwksMaxAgeSeconds },
      accessToken: { issuer: '', audience: '', ttlSeconds },
    });

  it('publishes a key for the JWKS cache time, and for the time in which the last instance learns of it', () => {
    expect(settings(30 * 86_400, 300)).toMatchObject({
      publishSeconds: 360,
      reloadSeconds: 60,
      rotationSeconds: 30 * 86_400,
    });
    expect(settings(30 * 86_400, 10)).toMatchObject({ publishSeconds: 20, reloadSeconds: 10 });
  });

  it('keeps a key past the life of the last token it may have signed', () => {
    expect(settings(86_400, 300, 900).retentionSeconds).toBe(900 + 300);
  });

  it('lets no more than four keys wait at a time, however short KEY_ROTATION is', () => {
    expect(settings(1, 1).rotationSeconds).toBe(1);
    expect(settings(1, 300).rotationSeconds).toBe(90);
  });
});
