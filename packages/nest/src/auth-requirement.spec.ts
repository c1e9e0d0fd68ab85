import { meetsRequirement, stepUpChallenge } from './auth-requirement.js';

const nowSeconds = 1_800_000_000;

describe('meetsRequirement', () => {
  it.each([
    ['a sign-in of this second', { authTimeSeconds: nowSeconds }, { maxAgeSeconds: 0 }, true],
    ['a sign-in at the limit', { authTimeSeconds: nowSeconds - 60 }, { maxAgeSeconds: 60 }, true],
    ['a sign-in past the limit', { authTimeSeconds: nowSeconds - 61 }, { maxAgeSeconds: 60 }, false],
    ['a sign-in a minute ahead of the clock', { authTimeSeconds: nowSeconds + 60 }, { maxAgeSeconds: 60 }, true],
    [
      'a sign-in further ahead (attack: a clock set back)',
      { authTimeSeconds: nowSeconds + 61 },
      { maxAgeSeconds: 60 },
      false,
    ],
    ['a token without auth_time', { acr: 'aal2' }, { maxAgeSeconds: 60 }, false],
    ['the level itself', { acr: 'aal2' }, { acr: 'aal2' }, true],
    ['a higher level', { acr: 'aal2' }, { acr: 'aal1' }, true],
    ['a lower level', { acr: 'aal1' }, { acr: 'aal2' }, false],
    ['a level of somebody else', { acr: 'gold' }, { acr: 'aal1' }, false],
    ['a token without acr', { authTimeSeconds: nowSeconds }, { acr: 'aal1' }, false],
    ['one of two demands', { authTimeSeconds: nowSeconds, acr: 'aal1' }, { maxAgeSeconds: 60, acr: 'aal2' }, false],
    ['no demand', {}, {}, true],
  ] as const)('%s', (_, token, required, expected) => {
    expect(meetsRequirement(token, required, nowSeconds)).toBe(expected);
  });
});

it('the challenge names what is missing, as RFC 9470 writes it', () => {
  expect(stepUpChallenge({ maxAgeSeconds: 60, acr: 'aal2' })).toBe(
    'Bearer realm="pawl", error="insufficient_user_authentication", acr_values="aal2", max_age="60"',
  );
});
