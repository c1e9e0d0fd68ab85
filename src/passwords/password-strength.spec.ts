import { CommonPasswords } from './common-passwords.js';
import { partsToEstimate, PasswordStrength } from './password-strength.js';

const ada = { email: 'ada.lovelace@babbage.example', name: 'Augusta King' };
const common = 'is, or is close to, one of the most common passwords';
const regular = 'must not be a sequence, a repetition, a date or a keyboard pattern';

let strength: PasswordStrength;
beforeAll(async () => {
  strength = new PasswordStrength(await CommonPasswords.load(undefined));
});

describe('a weak password gets the reason', () => {
  it.each([
    ['a common one', 'password'],
    ['in another case', 'PassWord'],
    ['in full-width letters', 'ｐａｓｓｗｏｒｄ'],
    ['with digits after it', 'Summer2026!'],
    ['with digits before it', '2026dragon'],
    ['with signs around it', '!!dragon!!'],
    ['with signs for letters', 'P4$$word'],
    ['with both', 'Dr@g0n-99'],
    ['Korean', '비밀번호1234'],
    ['Korean on an English keyboard', 'qlalfqjsgh1!'],
  ])('common: %s', (_, password) => {
    expect(strength.weaknessOf(password, ada)).toBe(common);
  });

  it.each([
    ['one character', 'aaaaaaaa'],
    ['spaces', ' '.repeat(12)],
    ['one emoji', '\u{1F600}'.repeat(8)],
    ['256 characters', 'a'.repeat(256)],
    ['ascending', 'abcdefgh'],
    ['four characters repeated', 'kx7!kx7!kx7!'],
    ['a word repeated', 'otterlyotterly'],
    ['a date', '12/25/1998'],
  ])('regular: %s', (_, password) => {
    expect(strength.weaknessOf(password, ada)).toBe(regular);
  });

  it.each([
    ['the address', 'ada.lovelace@babbage.example'],
    ['its local part', 'ADA.Lovelace'],
    ['a word of it', 'lovelace1815'],
    ['its words run together', 'x-adalovelace-x'],
    ['its domain', 'Babbage2026'],
  ])('email address: %s', (_, password) => {
    expect(strength.weaknessOf(password, ada)).toBe('must not be based on your email address');
  });

  it.each([
    ['the name', 'Augusta Ada', 'AugustaAda!'],
    ['a word of it', 'Augusta King', 'augusta-1815'],
    ['a Korean name', '김민수', '김민수1234'],
    ['a given name of two syllables', '김 민수', '민수1234!!'],
    ['a Korean name on an English keyboard', '김민수', 'rlaalstn12'],
    ['a name in its decomposed form', '김민수'.normalize('NFD'), '김민수-12'],
    ['three letters with little around them', 'Ada', 'ada-7x-ada'],
  ])('name: %s', (_, name, password) => {
    const owner = { email: 'someone@example.com', name };
    expect(strength.weaknessOf(password, owner)).toBe('must not be based on your name');
  });
});

describe('a password is accepted', () => {
  it.each([
    ['words', 'correct horse battery staple'],
    ['a common word with enough beside it', 'dragon-otter-river'],
    ['eight random letters', 'xkqvbzmw'],
    ['a weak beginning with a strong end', `${'a'.repeat(40)} otter river lantern seven`],
    ['256 characters', 'otter river lantern '.repeat(13).slice(0, 256)],
    ['Hangul', '비밀번호는 길게'],
    ['a word of the name in a passphrase', 'augusta otters swim at night'],
  ])('%s', (_, password) => {
    expect(strength.weaknessOf(password, ada)).toBeUndefined();
  });

  it('with part of the address inside a long passphrase', () => {
    const owner = { email: 'anna.lee@example.com', name: null };
    expect(strength.weaknessOf('hosanna in the highest 47', owner)).toBeUndefined();
    expect(strength.weaknessOf('x7annaQ!v2Rw', owner)).toBeUndefined();
  });

  it('with one letter of the address, if there is no name', () => {
    expect(strength.weaknessOf('otter river x', { email: 'x@example.com', name: null })).toBeUndefined();
  });
});

it('estimates a long password by 24 characters at each end, because the time grows faster than the length', () => {
  expect(partsToEstimate('x'.repeat(24))).toEqual(['x'.repeat(24)]);
  expect(partsToEstimate(`${'a'.repeat(100)}${'b'.repeat(156)}`)).toEqual(['a'.repeat(24), 'b'.repeat(24)]);
});
