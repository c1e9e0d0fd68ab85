import { EmailAddress } from './email.js';

describe('EmailAddress', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['  Ada@Example.COM\n', 'ada@example.com'],
    ["o'neil+news@mail.example.co.uk", "o'neil+news@mail.example.co.uk"],
    ['admin@localhost', 'admin@localhost'],
    ['ada@xn--mnchen-3ya.xn--p1ai', 'ada@xn--mnchen-3ya.xn--p1ai'],
    [`${'a'.repeat(242)}@example.com`, `${'a'.repeat(242)}@example.com`],
    ['ada@münchen.de', 'ada@xn--mnchen-3ya.de'],
    ['Ada@MÜNCHEN.De', 'ada@xn--mnchen-3ya.de'],
    ['ada@mu\u0308nchen.de', 'ada@xn--mnchen-3ya.de'],
    ['ada@mail.例え.jp', 'ada@mail.xn--r8jz45g.jp'],
    ['ada@예시.한국', 'ada@xn--vv4b11d.xn--3e0b707e'],
    ['ada@straße.de', 'ada@xn--strae-oqa.de'],
    // Cyrillic: another domain than apple.com, and stored as another.
    ['ada@\u0430pple.com', 'ada@xn--pple-43d.com'],
  ])('accepts %j and answers %j', (given, stored) => {
    expect(EmailAddress.parse(given)).toBe(stored);
  });

  it.each([
    '',
    ' ',
    'ada',
    'ada@',
    '@example.com',
    'ada@@example.com',
    'ada@example..com',
    'ada@.example.com',
    'ada@-example.com',
    '.ada@example.com',
    'a..da@example.com',
    'a da@example.com',
    'ada@example.com\nbcc: eve@example.com',
    'Ada <ada@example.com>',
    'ada@example.com,eve@example.com',
    'ada\u0000@example.com',
    '\u212Aim@example.com',
    'jürgen@example.com',
    // Look-alikes that IDNA would map to an ASCII domain, other dots, and characters that it ignores.
    'ada@\u212Aim.com',
    'ada@\u212Aüche.de',
    'ada@ｅｘａｍｐｌｅ.com',
    'ada@exam\u00adple.com',
    'ada@mün\u200bchen.de',
    'ada@例え。jp',
    'ada@münchen..de',
    'ada@-münchen.de',
    'ada@münchen-.de',
    'ada@münchen/x.de',
    'ada@münchen%2ede.com',
    'ada@\ud800.de',
    `ada@${'ü'.repeat(64)}.de`,
    `${'a'.repeat(64)}@${'ü'.repeat(50)}.${'ü'.repeat(50)}.${'ü'.repeat(50)}.${'ü'.repeat(30)}.de`,
    `${'a'.repeat(243)}@example.com`,
    null,
    ['ada@example.com'],
  ])('refuses %j', (given) => {
    expect(EmailAddress.safeParse(given).success).toBe(false);
  });
});
