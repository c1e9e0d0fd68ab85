import { isTooFrequent } from './email-frequency.js';
import { linkMinutes } from './email-templates.js';

it('an address gets three links without a delay, then one while the last still works', () => {
  const links = [
    ['verify_email', linkMinutes.verify_email],
    ['reset_password', linkMinutes.reset_password],
    ['confirm_new_email', linkMinutes.change_email],
    ['address_taken', linkMinutes.reset_password],
    ['sign_in', linkMinutes.sign_in],
  ] as const;
  for (const [template, minutes] of links) {
    expect(isTooFrequent(template, { sentLastDay: 2, secondsSinceSent: 60 })).toBe(false);
    expect(isTooFrequent(template, { sentLastDay: 3, secondsSinceSent: 60 })).toBe(true);
    expect(isTooFrequent(template, { sentLastDay: 3, secondsSinceSent: minutes * 60 })).toBe(false);
  }
});

it('an address that never asked gets ten a day at most, but a stranger cannot use up password resets', () => {
  const day = { sentLastDay: 10, secondsSinceSent: 3600 };
  expect(isTooFrequent('verify_email', day)).toBe(true);
  expect(isTooFrequent('reset_password', day)).toBe(false);
});

it('a notice that somebody else can cause is sent once an hour', () => {
  expect(isTooFrequent('new_device', { sentLastDay: 0, secondsSinceSent: null })).toBe(false);
  expect(isTooFrequent('new_device', { sentLastDay: 1, secondsSinceSent: 3599 })).toBe(true);
  expect(isTooFrequent('new_device', { sentLastDay: 1, secondsSinceSent: 3600 })).toBe(false);
});

it('a notice about an action of the signed-in user is always sent', () => {
  expect(isTooFrequent('password_changed', { sentLastDay: 100, secondsSinceSent: 61 })).toBe(false);
});
