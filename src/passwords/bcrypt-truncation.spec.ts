import { mayBeTruncated } from './bcrypt-truncation.js';
import { storeForeignHash } from './stored-password.js';

const hash = '2b$10$abcdefghijklmnopqrstuuEQbqZMyhYhkIcnXhQOBLKlNd5qIJOmC';

describe('a password that bcrypt truncates', () => {
  it.each([
    ['71 bytes', 'x'.repeat(71), false],
    ['72 bytes, which may begin a longer one', 'x'.repeat(72), true],
    ['73 bytes', 'x'.repeat(73), true],
    ['24 characters of three bytes', '한'.repeat(24), true],
    ['23 characters of three bytes', '한'.repeat(23), false],
  ])('is found by its bytes: %s', (_, password, truncated) => {
    expect(mayBeTruncated(storeForeignHash(`$${hash}`), password)).toBe(truncated);
  });

  it.each([
    [`$${hash}`, true],
    [`{bcrypt}$${hash}`, true],
    [`bcrypt$$${hash}`, true],
    [`bcrypt_sha256$$${hash}`, false],
    [`$wp$${hash}`, false],
    ['$argon2id$v=19$m=4096,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', false],
  ])('is found by its hash: %s', (text, truncated) => {
    expect(mayBeTruncated(storeForeignHash(text), 'x'.repeat(80))).toBe(truncated);
  });
});
