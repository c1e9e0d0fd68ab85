import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import argon2 from 'argon2';
import bcrypt from 'bcrypt';
import { parseForeignHash, UnusableHash } from './foreign-hash.js';

const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
const adapted = (bytes: Buffer) => unpadded(bytes).replaceAll('+', '.');

/** From the documents of those who made them; each is of the password beside it. */
const known: [string, string, string][] = [
  // passlib's documents; RFC 6070, the second vector; RFC 7914 sections 11 and 12.
  ['bcrypt 2b', 'password', '$2b$12$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m'],
  [
    'pbkdf2-sha256 of RFC 7914',
    'Password',
    `$pbkdf2-sha256$i=80000$${unpadded(Buffer.from('NaCl'))}$${unpadded(
      Buffer.from(
        '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
        'hex',
      ),
    )}`,
  ],
  [
    'scrypt of passlib',
    'password',
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
  ],
  [
    'pbkdf2-sha1 of RFC 6070',
    'password',
    `$pbkdf2-sha1$i=2$${unpadded(Buffer.from('salt'))}$6mwBTcctb4zNHtkqzh1B8NjeiVc`,
  ],
  [
    'scrypt of RFC 7914',
    'pleaseletmein',
    `$scrypt$ln=14,r=8,p=1$${unpadded(Buffer.from('SodiumChloride'))}$${unpadded(
      Buffer.from(
        '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
        'hex',
      ),
    )}`,
  ],
];

/** Made here, by the libraries themselves. */
async function made(password: string): Promise<[string, string][]> {
  const salt = randomBytes(16);
  const scrypted = scryptSync(password, salt, 32, { N: 1024, r: 8, p: 2 });
  const derived = (digest: string) => pbkdf2Sync(password, salt, 1000, 32, digest);
  const bcrypted = await bcrypt.hash(password, 4);
  const cheap = { memoryCost: 1024, timeCost: 1, parallelism: 1 };
  return [
    ['argon2id', await argon2.hash(password, { ...cheap, type: argon2.argon2id })],
    ['argon2i', await argon2.hash(password, { ...cheap, type: argon2.argon2i })],
    ['argon2d of version 16', await argon2.hash(password, { ...cheap, type: argon2.argon2d, version: 0x10 })],
    ['bcrypt 2b', bcrypted],
    ['bcrypt 2a', bcrypted.replace('$2b$', '$2a$')],
    ['bcrypt 2y of PHP', bcrypted.replace('$2b$', '$2y$')],
    ['scrypt', `$scrypt$ln=10,r=8,p=2$${unpadded(salt)}$${unpadded(scrypted)}`],
    ['pbkdf2-sha256 of PHC', `$pbkdf2-sha256$i=1000,l=32$${unpadded(salt)}$${unpadded(derived('sha256'))}`],
    ['pbkdf2-sha512 of passlib', `$pbkdf2-sha512$1000$${adapted(salt)}$${adapted(derived('sha512'))}`],
    ['pbkdf2 of passlib', `$pbkdf2$1000$${adapted(salt)}$${adapted(derived('sha1'))}`],
    [
      'pbkdf2 of Django',
      `pbkdf2_sha256$1000$seasalt$${pbkdf2Sync(password, 'seasalt', 1000, 32, 'sha256').toString('base64')}`,
    ],
  ];
}

describe('a hash of another system', () => {
  it.each(known)('%s is read as its makers document it', async (_, password, hash) => {
    expect(await parseForeignHash(hash).verify(password)).toBe(true);
    expect(await parseForeignHash(hash).verify(`${password}x`)).toBe(false);
  });

  it('fits its password and no other, in every form that is taken', async () => {
    for (const password of ['correct horse', 'pässwörd \u{1f511}']) {
      for (const [name, hash] of await made(password)) {
        const parsed = parseForeignHash(hash);
        expect([name, await parsed.verify(password), await parsed.verify(`${password} `)]).toEqual([name, true, false]);
      }
    }
  });

  it('of bcrypt knows 72 bytes of the password and no more', async () => {
    const hash = parseForeignHash(await bcrypt.hash('x'.repeat(80), 4));
    expect(await hash.verify('x'.repeat(72))).toBe(true);
    expect(await hash.verify('x'.repeat(71))).toBe(false);
  });

  const salt = unpadded(Buffer.alloc(16));
  const hash = unpadded(Buffer.alloc(32, 1));
  it.each([
    ['nothing', ''],
    ['a plain password', 'secret'],
    ['MD5 of the 1990s', '$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/'],
    ['the faulty bcrypt 2x', `$2x$10$${'a'.repeat(53)}`],
    ['bcrypt cut off', `$2b$10$${'a'.repeat(52)}`],
    ['bcrypt that takes minutes', `$2b$20$${'a'.repeat(53)}`],
    ['bcrypt below its own least', `$2b$03$${'a'.repeat(53)}`],
    ['argon2 of 1 GiB', `$argon2id$v=19$m=1048576,t=1,p=1$${salt}$${hash}`],
    ['argon2 of many passes', `$argon2id$v=19$m=65536,t=1000,p=1$${salt}$${hash}`],
    ['argon2 with less memory than lanes need', `$argon2id$v=19$m=8,t=1,p=4$${salt}$${hash}`],
    ['argon2 without passes', `$argon2id$v=19$m=65536,t=0,p=1$${salt}$${hash}`],
    ['argon2 of an unknown version', `$argon2id$v=20$m=65536,t=1,p=1$${salt}$${hash}`],
    ['argon2 with a short salt', `$argon2id$v=19$m=65536,t=1,p=1$YWJj$${hash}`],
    ['argon2 with a short hash', `$argon2id$v=19$m=65536,t=1,p=1$${salt}$YWJj`],
    ['scrypt of 1 GiB', `$scrypt$ln=20,r=8,p=1$${salt}$${hash}`],
    ['scrypt of many lanes', `$scrypt$ln=17,r=8,p=64$${salt}$${hash}`],
    ['scrypt of no lane', `$scrypt$ln=10,r=8,p=0$${salt}$${hash}`],
    ['pbkdf2 that takes minutes', `$pbkdf2-sha256$i=100000000$${salt}$${hash}`],
    ['pbkdf2 without iterations', `$pbkdf2-sha256$i=0$${salt}$${hash}`],
    ['pbkdf2 of an unknown digest', `$pbkdf2-sha3$1000$${salt}$${hash}`],
    ['pbkdf2 with a hash of one byte', `$pbkdf2-sha256$1000$${salt}$YQ`],
    ['pbkdf2 with half a byte', `$pbkdf2-sha256$1000$${salt}$${hash}ab`],
    ['more than the column holds', `$pbkdf2-sha256$1000$${salt}$${'a'.repeat(600)}`],
    ['a line feed after it', `$2b$10$${'a'.repeat(53)}\n`],
  ])('is refused: %s', (_, text) => {
    expect(() => parseForeignHash(text)).toThrow(UnusableHash);
  });
});
