import type { ChangeEffects } from './user-change.js';
import { effectsOf } from './user-change.js';

const user = { role: 'user', disabled: false, name: 'Ada' };
const admin = { ...user, role: 'admin' };
const disabled = { ...user, disabled: true };
const disabledAdmin = { ...admin, disabled: true };
const nothing: ChangeEffects = { losesAdmin: false, refusesTokens: false, endsSessions: false, events: [] };

describe('a change of a user', () => {
  it.each([
    ['a rename', user, { name: 'Grace' }, { events: ['user.renamed'] }],
    ['a name taken away', user, { name: null }, { events: ['user.renamed'] }],
    ['a promotion', user, { role: 'admin' }, { refusesTokens: true, events: ['user.role_changed'] }],
    ['a demotion', admin, { role: 'user' }, { losesAdmin: true, refusesTokens: true, events: ['user.role_changed'] }],
    [
      'a demotion of a disabled admin',
      disabledAdmin,
      { role: 'user' },
      { refusesTokens: true, events: ['user.role_changed'] },
    ],
    ['disabling', user, { disabled: true }, { refusesTokens: true, endsSessions: true, events: ['user.disabled'] }],
    [
      'disabling an admin',
      admin,
      { disabled: true },
      { losesAdmin: true, refusesTokens: true, endsSessions: true, events: ['user.disabled'] },
    ],
    ['enabling', disabled, { disabled: false }, { events: ['user.enabled'] }],
    ['the same role', admin, { role: 'admin' }, {}],
    ['disabling a disabled user', disabled, { disabled: true }, {}],
    ['enabling an enabled user', user, { disabled: false }, {}],
    ['the same name', user, { name: 'Ada' }, {}],
    [
      'all at once',
      admin,
      { role: 'user', disabled: true, name: 'Grace' },
      {
        losesAdmin: true,
        refusesTokens: true,
        endsSessions: true,
        events: ['user.role_changed', 'user.disabled', 'user.renamed'],
      },
    ],
  ] as const)('%s', (_, before, changes, effects) => {
    expect(effectsOf(before, changes)).toEqual({ ...nothing, ...effects });
  });
});
