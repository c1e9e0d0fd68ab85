import type { AssuranceLevel, AuthenticationMethod } from './authentication.js';
import { assuranceLevelOf } from './authentication.js';

it.each<[AssuranceLevel, AuthenticationMethod[]]>([
  ['aal1', []],
  ['aal1', ['pwd']],
  ['aal1', ['email']],
  ['aal1', ['fed']],
  ['aal1', ['otp']],
  ['aal1', ['hwk']],
  ['aal1', ['user']],
  ['aal2', ['pwd', 'otp', 'mfa']],
  ['aal2', ['hwk', 'user']],
  ['aal2', ['swk', 'user']],
])('%s for %j', (level, methods) => {
  expect(assuranceLevelOf(methods)).toBe(level);
});
