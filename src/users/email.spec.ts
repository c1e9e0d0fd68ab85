import { EmailAddress } from './email.js';

describe('EmailAddress', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['  Ada@Example.COM\n', 'ada@example.com'],
    ["o'neil+news@mail.example.co.uk", "o'neil+news@mail.example.co.uk"],
    ['admin@localhost', 'admin@localhost'],
    ['ada@xn--mnchen-3ya.xn--p1ai', 'ada@xn--mnchen-3ya.xn--p1ai'],
    [`${'a'.repeat(242)}@example.com`, `${'a'.repeat(242)}@example.com`],
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
    `${'a'.repeat(243)}@example.com`,
    null,
    ['ada@example.com'],
  ])('refuses %j', (given) => {
    expect(EmailAddress.safeParse(given).success).toBe(false);
  });
});
