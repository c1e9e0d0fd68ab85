import { Locale, localeOf, locales, storedLocale } from './locale.js';

describe('the language that Accept-Language asks for', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['ko', 'ko'],
    ['KO', 'ko'],
    ['ko-KR', 'ko'],
    ['ko-KR,ko;q=0.9,en;q=0.8', 'ko'],
    ['ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7', 'ko'],
    ['en', 'en'],
    ['en-GB,en;q=0.9,ko;q=0.8', 'en'],
    ['en,ko;q=0.5', 'en'],
    ['en;q=0.5,ko', 'ko'],
    ['fr,ko;q=0.5', 'ko'],
    ['fr,de;q=0.5', 'en'],
    ['fr', 'en'],
    ['*', 'en'],
    ['fr,*;q=0.5', 'en'],
    // RFC 9110 section 12.4.2: a weight of 0 is "not acceptable".
    ['en;q=0,ko;q=0.1', 'ko'],
    ['ko;q=0', 'en'],
    ['*;q=0', 'en'],
  ])('%s: %s', (header, locale) => {
    expect(localeOf(header)).toBe(locale);
  });

  it.each([
    ['signs', ';;;,,,===q=1;q=;q=x'],
    ['a weight that is none', 'fr;q=ko'],
    ['a name of every object', '__proto__,constructor,toString'],
    ['lines', 'ko\r\nX-Injected: 1'],
    ['something that only begins like one of ours', 'english,kok,kor'],
    ['bytes', '\u0000\uffff\ud83d'],
  ])('%s are one of ours still, and no error', (_, header) => {
    expect(locales).toContain(localeOf(header));
  });

  it.each([
    ['languages', Array.from({ length: 20_000 }, (_, i) => `x${i}`).join()],
    ['commas', ','.repeat(100_000)],
    ['dashes', 'a-'.repeat(50_000)],
    ['blanks', `en${' '.repeat(100_000)};q=1`],
    ['parameters', `en${';a=b'.repeat(30_000)}`],
  ])('a header of very many %s, far beyond what the HTTP server lets in, is English', (_, header) => {
    expect(localeOf(header)).toBe('en');
  });
});

describe('a language that was stored', () => {
  it.each([
    ['en', 'en'],
    ['ko', 'ko'],
    [null, undefined],
    ['', undefined],
    ['fr', undefined],
    ['ko-KR', undefined],
    ['toString', undefined],
  ])('%s is %s', (stored, locale) => {
    expect(storedLocale(stored)).toBe(locale);
  });

  it('is one that a request may name', () => {
    expect(['en', 'ko', 'fr', 'KO', ''].map((text) => Locale.safeParse(text).success)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
