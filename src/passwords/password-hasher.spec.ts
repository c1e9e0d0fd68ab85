import bcrypt from 'bcrypt';
import { PasswordHasher } from './password-hasher.js';
import { storeForeignHash } from './stored-password.js';

const cheap = { memoryKib: 1024, passes: 1, lanes: 1 };
const caller = { address: '192.0.2.1' };

function hasherOf(argon2: typeof cheap): Promise<PasswordHasher> {
  return PasswordHasher.create({ concurrency: 1, argon2 });
}

describe('password hashes', () => {
  let hasher: PasswordHasher;
  beforeAll(async () => {
    hasher = await hasherOf(cheap);
  });

  const signsIn = async (registered: string, presented: string) =>
    (await hasher.verify(await hasher.hash(registered, caller), presented, caller)).matches;

  it('are argon2id with the configured parameters, 16 bytes of salt and 32 of hash', async () => {
    expect(await hasher.hash('correct horse', caller)).toMatch(
      /^\$argon2id\$v=19\$m=1024,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
  });

  it('differ for equal passwords', async () => {
    expect(await hasher.hash('correct horse', caller)).not.toBe(await hasher.hash('correct horse', caller));
  });

  it.each([
    ['composed and decomposed accents', 'caf\u00e9 cr\u00e8me', 'cafe\u0301 cre\u0300me'],
    ['full-width and ordinary letters', 'ｐａｓｓｗｏｒｄ', 'password'],
    ['a ligature and its letters', 'oﬃcial secret', 'official secret'],
    ['Hangul syllables and jamo', '비밀번호'.normalize('NFD'), '비밀번호'],
    ['the Angstrom sign and the letter', '\u212bngstr\u00f6m', '\u00c5ngstro\u0308m'],
    ['marks in another order', 'q\u0307\u0323-underdot', 'q\u0323\u0307-underdot'],
  ])('sign in the same: %s', async (_, registered, presented) => {
    expect(await signsIn(registered, presented)).toBe(true);
    expect(await signsIn(presented, registered)).toBe(true);
  });

  it.each([
    ['another case', 'correct horse', 'Correct horse'],
    ['a space at the end', 'correct horse', 'correct horse '],
    ['the 256th character', `${'a'.repeat(255)}b`, `${'a'.repeat(255)}c`],
    ['the 256th emoji', `${'🔑'.repeat(255)}🔑`, `${'🔑'.repeat(255)}🔒`],
    ['what follows the 256th character', 'a'.repeat(256), 'a'.repeat(257)],
    ['what follows it in 60 KB', 'a'.repeat(256), 'a'.repeat(60_000)],
    ['what follows a null', 'correct\u0000horse', 'correct\u0000house'],
    ['nothing', 'correct horse', ''],
  ])('do not match: %s', async (_, registered, presented) => {
    expect(await signsIn(registered, presented)).toBe(false);
  });

  it('are due for rehashing once the parameters have changed, if the password was right', async () => {
    const stored = await hasher.hash('correct horse', caller);
    expect(await hasher.verify(stored, 'correct horse', caller)).toMatchObject({ matches: true, rehash: false });
    for (const changed of [{ memoryKib: 2048 }, { passes: 2 }, { lanes: 2 }]) {
      const today = await hasherOf({ ...cheap, ...changed });
      expect(await today.verify(stored, 'correct horse', caller)).toMatchObject({ matches: true, rehash: true });
      expect(await today.verify(stored, 'wrong horse', caller)).toMatchObject({ matches: false, rehash: false });
    }
  });

  it('of another variant, as an import may bring, match and are due for rehashing', async () => {
    const argon2i = '$argon2i$v=19$m=1024,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$gi3juMmBkF/U7ydBtPnuPS1GODyGYlC42VNJvetAmgo';
    expect(await hasher.verify(argon2i, 'correct horse', caller)).toMatchObject({ matches: true, rehash: true });
  });

  it('of another system match and are due for rehashing, if the password was right', async () => {
    const stored = storeForeignHash(await bcrypt.hash('correct horse', 4));
    expect(await hasher.verify(stored, 'correct horse', caller)).toMatchObject({ matches: true, rehash: true });
    expect(await hasher.verify(stored, 'wrong horse', caller)).toMatchObject({ matches: false, rehash: false });
  });

  it('never match for an unknown account', async () => {
    expect(await hasher.verifyUnknown('correct horse', caller)).toMatchObject({ matches: false, rehash: false });
  });

  it('wait in the queue for each other, an unknown account like a known one', async () => {
    const stored = await hasher.hash('correct horse', caller);
    const storm = [
      hasher.hash('correct horse', caller),
      hasher.verify(stored, 'correct horse', caller),
      hasher.verifyUnknown('correct horse', caller),
    ];
    expect([hasher.queue.running, hasher.queue.waiting]).toEqual([1, 2]);
    await Promise.all(storm);
    expect([hasher.queue.running, hasher.queue.waiting]).toEqual([0, 0]);
  });
});
