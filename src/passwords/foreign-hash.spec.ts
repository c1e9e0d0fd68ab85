import { createHash, createHmac, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import argon2 from 'argon2';
import bcrypt from 'bcrypt';
import { UnusableHash } from './foreign/unusable-hash.js';
import { parseForeignHash } from './foreign-hash.js';

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
  // The README of github.com/firebase/scrypt.
  [
    'scrypt of Firebase',
    'user1password',
    '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  ],
  // The tests of Openwall's phpass.
  ['phpass of WordPress', 'test12345', '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  ['phpass of phpBB', 'test12345', '$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  // `openssl passwd -6 -salt saltstring`, and -5.
  [
    'SHA-512 of crypt(3)',
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  ['SHA-256 of crypt(3)', 'Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
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
    ...(await madeElsewhere(password)),
  ];
}

/** As the documentation or the source of the other system computes them. */
async function madeElsewhere(password: string): Promise<[string, string][]> {
  const salt = randomBytes(16);
  const hexSalt = salt.toString('hex');
  const scrypt = (text: string, N: number, r: number) =>
    scryptSync(password, text, 64, { N, r, p: 1, maxmem: 256 * N * r });
  const identity = (digest: string, prf: number) => {
    const head = Buffer.from([1, 0, 0, 0, prf, 0, 0, 0x03, 0xe8, 0, 0, 0, 16]);
    return Buffer.concat([head, salt, pbkdf2Sync(password, salt, 1000, 32, digest)]).toString('base64');
  };
  const salted = (algorithm: string) =>
    Buffer.concat([createHash(algorithm).update(password).update(salt).digest(), salt]).toString('base64');
  const wordPress = createHmac('sha384', 'wp-sha384').update(password).digest('base64');
  const sha256 = createHash('sha256').update(password).digest('hex');
  return [
    ['scrypt of Django', `scrypt$1024$seasalt$8$1$${scrypt('seasalt', 1024, 8).toString('base64')}`],
    ['scrypt of Werkzeug', `scrypt:1024:8:1$seasalt$${scrypt('seasalt', 1024, 8).toString('hex')}`],
    [
      'pbkdf2 of Werkzeug',
      `pbkdf2:sha256:1000$seasalt$${pbkdf2Sync(password, 'seasalt', 1000, 32, 'sha256').toString('hex')}`,
    ],
    ['better-auth and Lucia 3', `${hexSalt}:${scrypt(hexSalt, 16_384, 16).toString('hex')}`],
    ['Lucia 2', `s2:abcdefGHIJKL1234:${scrypt('abcdefGHIJKL1234', 16_384, 16).toString('hex')}`],
    ['Lucia 1', `abcdefGHIJKL1234:${scrypt('abcdefGHIJKL1234', 16_384, 8).toString('hex')}`],
    [
      'ASP.NET Identity 2',
      Buffer.concat([Buffer.from([0]), salt, pbkdf2Sync(password, salt, 1000, 32, 'sha1')]).toString('base64'),
    ],
    ['ASP.NET Identity 3 with SHA-1', identity('sha1', 0)],
    ['ASP.NET Identity 3 with SHA-256', identity('sha256', 1)],
    ['ASP.NET Identity 3 with SHA-512', identity('sha512', 2)],
    ['WordPress 6.8', `$wp${(await bcrypt.hash(wordPress, 4)).replace('$2b$', '$2y$')}`],
    ['bcrypt with SHA-256 of Django', `bcrypt_sha256$${await bcrypt.hash(sha256, 4)}`],
    ['salted SHA-1 of LDAP', `{SSHA}${salted('sha1')}`],
    ['salted SHA-512 of LDAP', `{SSHA512}${salted('sha512')}`],
  ];
}

/** One hash in the spellings of other systems: each is of the password `same`. */
async function spellings(): Promise<[string, string][]> {
  const salt = randomBytes(16);
  const [b64, hash] = [salt, scryptSync('same', salt, 32, { N: 1024, r: 8, p: 1 })].map((bytes) =>
    bytes.toString('base64'),
  );
  const bcrypted = await bcrypt.hash('same', 4);
  const argon = await argon2.hash('same', { memoryCost: 1024, timeCost: 2, parallelism: 1, salt });
  const old = await argon2.hash('same', { memoryCost: 1024, timeCost: 2, parallelism: 1, version: 0x10 });
  const digest = argon.split('$').at(-1)!;
  return [
    ['a blank after it', `${bcrypted} \r`],
    ['bcrypt of Spring', `{bcrypt}${bcrypted}`],
    ['bcrypt of LDAP', `{CRYPT}${bcrypted}`],
    ['bcrypt of Django', `bcrypt$${bcrypted}`],
    ['argon2 of Spring', `{argon2@SpringSecurity_v5_8}${argon}`],
    ['argon2 of Django', `argon2${argon}`],
    ['argon2 with padding', `$argon2id$v=19$m=1024,t=2,p=1$${b64}$${digest}=`],
    ['argon2 with its parameters in another order', `$argon2id$v=19$t=2,p=1,m=1024$${unpadded(salt)}$${digest}`],
    ['argon2 without the number of lanes', `$argon2id$v=19$m=1024,t=2$${unpadded(salt)}$${digest}`],
    ['argon2 without a version, which is 16', old.replace('$v=16', '')],
    ['scrypt with padding', `$scrypt$ln=10,r=8,p=1$${b64}$${hash}`],
    ['scrypt with its parameters in another order', `$scrypt$r=8,p=1,ln=10$${b64}$${hash}`],
    ['scrypt with N', `$scrypt$n=1024,r=8,p=1$${b64}$${hash}`],
    ['scrypt with a logarithm called n', `$scrypt$n=10,r=8,p=1$${b64}$${hash}`],
    [
      'pbkdf2 with padding',
      `$pbkdf2-sha256$1000$${b64}$${pbkdf2Sync('same', salt, 1000, 32, 'sha256').toString('base64')}`,
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

  it('fits its password in every spelling of other systems', async () => {
    for (const [name, hash] of await spellings()) {
      const parsed = parseForeignHash(hash);
      expect([name, await parsed.verify('same'), await parsed.verify('other')]).toEqual([name, true, false]);
    }
  });

  it.each([
    ['scrypt', `$scrypt$ln=10,r=8,p=1$${'ab'.repeat(16)}$${'0f'.repeat(32)}`],
    ['pbkdf2', `$pbkdf2-sha256$1000$c2VhIHNhbHQ$${'0f'.repeat(32)}`],
    ['Django', `pbkdf2_sha256$1000$seasalt$${'0f'.repeat(32)}`],
    ['argon2', `$argon2id$v=19$m=1024,t=1,p=1$c2VhIHNhbHQ$${'0f'.repeat(16)}`],
  ])('that is hexadecimal instead of base64 is refused for that reason: %s', (_, text) => {
    expect(() => parseForeignHash(text)).toThrow(/hexadecimal text where base64 is expected/);
  });

  it('of bcrypt knows 72 bytes of the password and no more', async () => {
    const hash = parseForeignHash(await bcrypt.hash('x'.repeat(80), 4));
    expect(await hash.verify('x'.repeat(72))).toBe(true);
    expect(await hash.verify('x'.repeat(71))).toBe(false);
  });

  // Bytes whose base64 does not look like hexadecimal text, which would be refused for that alone.
  const salt = unpadded(Buffer.alloc(16, 2));
  const hash = unpadded(Buffer.alloc(32, 1));
  it.each([
    ['nothing', '', /not a hash/],
    ['a plain password', 'secret', /not a hash/],
    ['MD5 of the 1990s', '$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/', /MD5 of crypt/],
    ['the faulty bcrypt 2x', `$2x$10$${'a'.repeat(53)}`, /faulty implementation/],
    ['bcrypt cut off', `$2b$10$${'a'.repeat(52)}`, /not a hash/],
    ['bcrypt that takes minutes', `$2b$20$${'a'.repeat(53)}`, /cost 20, which is more/],
    ['bcrypt below its own least', `$2b$03$${'a'.repeat(53)}`, /cost 3, which is less/],
    ['argon2 of 1 GiB', `$argon2id$v=19$m=1048576,t=1,p=1$${salt}$${hash}`, /memory 1048576, which is more/],
    ['argon2 of many passes', `$argon2id$v=19$m=65536,t=1000,p=1$${salt}$${hash}`, /memory times passes/],
    [
      'argon2 with less memory than lanes need',
      `$argon2id$v=19$m=8,t=1,p=4$${salt}$${hash}`,
      /memory 8, which is less/,
    ],
    ['argon2 without passes', `$argon2id$v=19$m=65536,t=0,p=1$${salt}$${hash}`, /passes 0, which is less/],
    ['argon2 of an unknown version', `$argon2id$v=20$m=65536,t=1,p=1$${salt}$${hash}`, /unknown version/],
    ['argon2 with a short salt', `$argon2id$v=19$m=65536,t=1,p=1$YWJj$${hash}`, /bytes 3, which is less than 8/],
    ['argon2 with a short hash', `$argon2id$v=19$m=65536,t=1,p=1$${salt}$YWJj`, /bytes 3, which is less than 16/],
    ['scrypt of 1 GiB', `$scrypt$ln=20,r=8,p=1$${salt}$${hash}`, /memory 1073741824, which is more/],
    ['scrypt of many lanes', `$scrypt$ln=17,r=8,p=64$${salt}$${hash}`, /N times r times p/],
    ['scrypt of no lane', `$scrypt$ln=10,r=8,p=0$${salt}$${hash}`, /p 0, which is less/],
    ['pbkdf2 that takes minutes', `$pbkdf2-sha256$i=100000000$${salt}$${hash}`, /iterations 100000000, which is more/],
    ['pbkdf2 without iterations', `$pbkdf2-sha256$i=0$${salt}$${hash}`, /iterations 0, which is less/],
    ['pbkdf2 of an unknown digest', `$pbkdf2-sha3$1000$${salt}$${hash}`, /unknown digest/],
    ['pbkdf2 with a hash of one byte', `$pbkdf2-sha256$1000$${salt}$YQ`, /hash bytes 1, which is less/],
    ['pbkdf2 with half a byte', `$pbkdf2-sha256$1000$${salt}$${hash}ab`, /cut off/],
    ['more than the column holds', `$pbkdf2-sha256$1000$${salt}$${'a'.repeat(600)}`, /longer than 500/],
    ['a line feed inside it', `$2b$10$\n${'a'.repeat(53)}`, /not a hash/],
    ['phpass of 2^20 rounds', '$P$IIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0', /log2 of the rounds 20, which is more/],
    [
      'SHA-512 of crypt(3) of a million rounds',
      `$6$rounds=1000000$saltstring$${'a'.repeat(86)}`,
      /rounds 1000000, which is more/,
    ],
    ['unsalted SHA-1 of LDAP', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /without a salt/],
    ['scrypt with an N that is not a power of two', `$scrypt$n=1000,r=8,p=1$${salt}$${hash}`, /power of two/],
    ['Firebase without the signer key', `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==$${salt}$${hash}`, /lacks the parameter sk/],
    ['ASP.NET Identity cut off', `AQAAAAEAACcQAAAAEA${'a'.repeat(10)}`, /./],
    ['argon2 with associated data', `$argon2id$v=19$m=1024,t=1,p=1,data=YWJj$${salt}$${hash}`, /parameter other than/],
  ])('is refused: %s', (_, text, reason) => {
    expect(() => parseForeignHash(text)).toThrow(UnusableHash);
    expect(() => parseForeignHash(text)).toThrow(reason);
  });
});
