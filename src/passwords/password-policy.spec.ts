import { normalisePassword, passwordLengthFault } from './password-policy.js';

const tooShort = 'must have at least 8 characters';
const tooLong = 'must have at most 256 characters';

describe('the policy for new passwords', () => {
  it.each([
    ['seven letters', 'a'.repeat(7), tooShort],
    ['eight letters', 'a'.repeat(8), undefined],
    ['nothing', '', tooShort],
    ['spaces, which are characters', ' '.repeat(8), undefined],
    ['eight emoji of two UTF-16 units each count as eight', '🔑'.repeat(8), undefined],
    ['seven of them count as seven', '🔑'.repeat(7), tooShort],
    ['three ligatures that NFKC expands to nine letters', 'ﬃ'.repeat(3), undefined],
    ['eight letters and accents that NFKC composes to four', 'e\u0301'.repeat(4), tooShort],
    ['256 letters', 'a'.repeat(256), undefined],
    ['257 letters', 'a'.repeat(257), tooLong],
    ['256 emoji', '🔑'.repeat(256), undefined],
    ['86 ligatures that NFKC expands to 258 letters', 'ﬃ'.repeat(86), tooLong],
    ['85 ligatures that NFKC expands to 255 letters', 'ﬃ'.repeat(85), undefined],
    ['the longest spelling of 256 characters: 1024 code points', '\u03b1\u0313\u0300\u0345'.repeat(256), undefined],
    ['the spelling of 256 characters with the most UTF-16 units', '𖄦𖄠'.normalize('NFD').repeat(256), tooLong],
    ['a full body', 'a\u0315\u0300'.repeat(20_000), tooLong],
  ])('%s', (_, password, fault) => {
    expect(passwordLengthFault(password, 8)).toBe(fault);
  });

  it('asks for as many characters as the setting says', () => {
    expect(passwordLengthFault('a'.repeat(11), 12)).toBe('must have at least 12 characters');
    expect(passwordLengthFault('a'.repeat(12), 12)).toBeUndefined();
  });

  it('sorts no combining marks beyond what a password can have', () => {
    const marks = '\u0315\u0300'.repeat(1025);
    expect(normalisePassword(marks)).toBe(marks);
    expect(normalisePassword(marks.slice(0, 2048))).not.toBe(marks.slice(0, 2048));
  });

  it('leaves nothing unnormalised that NFKC could bring down to 256 characters', () => {
    const longest = { codePoints: 0, units: 0 };
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      const decomposed = character.normalize('NFD');
      if (decomposed.normalize('NFKC') !== character) continue;
      longest.codePoints = Math.max(longest.codePoints, Array.from(decomposed).length);
      longest.units = Math.max(longest.units, decomposed.length);
    }
    expect(longest.codePoints).toBeLessThanOrEqual(4);
    expect(longest.units).toBeLessThanOrEqual(8);
  });
});
