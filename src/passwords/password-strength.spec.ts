import { passwordWeakness } from './password-strength.js';

const listed = new Set(['password', 'dragon', 'summer', 'trustno1', 'iloveyou', 'p@ssw0rd']);
const isCommon = (folded: string) => listed.has(folded);
const ada = { email: 'ada.lovelace@example.com', name: 'Augusta King' };

const weakness = (password: string, owner: Parameters<typeof passwordWeakness>[1] = ada) =>
  passwordWeakness(password, owner, isCommon);

describe('a password that is refused', () => {
  it.each([
    ['a common one', 'password'],
    ['in another case', 'PassWord'],
    ['in full-width letters', 'ｐａｓｓｗｏｒｄ'],
    ['with digits after it', 'Summer2026!'],
    ['with digits before it', '2026dragon'],
    ['with signs around it', '!!dragon!!'],
    ['with signs for letters', 'P4$$word'],
    ['with both', 'Dr@g0n-99'],
    ['said twice', 'dragondragon'],
    ['said twice, with signs for letters', 'dr4gondr4gon'],
  ])('as common: %s', (_, password) => {
    expect(weakness(password)).toBe('is, or is close to, one of the most common passwords');
  });

  it.each([
    ['one character', 'aaaaaaaa'],
    ['spaces', ' '.repeat(12)],
    ['one emoji', '\u{1F600}'.repeat(8)],
    ['ascending', 'abcdefgh'],
    ['descending', '987654321'],
    ['two characters over and over', 'xyxyxyxy'],
    ['three characters over and over', 'a1!a1!a1!'],
  ])('as a sequence: %s', (_, password) => {
    expect(weakness(password)).toBe('must not be a sequence or a repetition of characters');
  });

  it.each([
    ['the address', 'ada.lovelace@example.com'],
    ["the address's local part, in a long password", 'my own: ADA.Lovelace and nine otters'],
    ['a word of it', 'lovelace otter 7'],
    ['its words run together', 'x-adalovelace-x'],
  ])('for the e-mail address: %s', (_, password) => {
    expect(weakness(password)).toBe('must not contain your e-mail address');
  });

  it.each([
    ['the name', 'Augusta King otters'],
    ['a word of the name', 'augusta-otters'],
    ['the name run together', 'augustaking!!'],
  ])('for the name: %s', (_, password) => {
    expect(weakness(password)).toBe('must not contain your name');
  });

  it.each([
    ['a Korean name', '김민수', '김민수-otter-12'],
    ['a given name of two syllables', '김 민수', '민수otter12'],
    ['a name in its decomposed form', '김민수'.normalize('NFD'), '김민수-otter-12'],
    ['three letters with little around them', 'Ada', 'ada-7x-ada'],
  ])('for the name: %s', (_, name, password) => {
    expect(weakness(password, { email: 'someone@example.com', name })).toBe('must not contain your name');
  });
});

describe('a password that is accepted', () => {
  it.each([
    ['words', 'correct horse battery staple'],
    ['a common word with enough beside it', 'dragon-otter-river'],
    ['a common word with more digits than people add', 'dragon8273645'],
    ['eight random letters', 'xkqvbzmw'],
    ['four characters over and over', 'kx7!kx7!kx7!'],
    ['the domain of the address', 'no example river otter'],
    ['Hangul', '비밀번호는 길게'],
  ])('%s', (_, password) => {
    expect(weakness(password)).toBeUndefined();
  });

  it('three letters of a name inside other words', () => {
    expect(weakness('canada bicycle tree', { email: 'ada@example.com', name: 'Ada' })).toBeUndefined();
  });

  it('whatever it contains, if there is no name and the address has one letter', () => {
    expect(weakness('otter river x', { email: 'x@example.com', name: null })).toBeUndefined();
  });
});
