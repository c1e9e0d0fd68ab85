import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../common/operator-error.js';
import { CommonPasswords } from './common-passwords.js';

describe('the list that ships with the service', () => {
  it('has at least 10,000 passwords, including the best known', async () => {
    const common = await CommonPasswords.load(undefined);
    expect(common.size).toBeGreaterThanOrEqual(10_000);
    const known = ['123456', 'password', '12345678', 'qwerty', 'iloveyou', 'letmein', 'trustno1', 'password1'];
    expect(known.filter((password) => !common.has(password))).toEqual([]);
    expect(common.has('correct horse battery staple')).toBe(false);
  });
});

describe('a list from the operator', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'pawl-passwords-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const load = (content: string | Uint8Array) => {
    const file = join(directory, 'list.txt');
    writeFileSync(file, content);
    return CommonPasswords.load(file);
  };

  it('is added to the shipped one: every line counts, whatever its case, order and line ending', async () => {
    const lines = Array.from({ length: 70_000 }, (_, i) => `Otter-${(i * 7919) % 70_000}`);
    const common = await load(`${lines.join('\r\n')}\n\nＯｔｔｅｒｖｉｌｌｅ`);
    expect(lines.filter((line) => !common.has(line.toLowerCase()))).toEqual([]);
    expect(['otterville', 'password'].map((password) => common.has(password))).toEqual([true, true]);
    expect(['otter-70000', '', 'otter-', '\uffff'].map((password) => common.has(password))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it.each([
    ['is empty', '\n\n', 'holds no password'],
    ['is not text', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0]), 'holds binary data'],
  ])('that %s stops the start', async (_, content, fault) => {
    const loading = load(content);
    await expect(loading).rejects.toThrow(OperatorError);
    await expect(loading).rejects.toThrow(`PASSWORD_LIST_FILE ${fault}`);
  });

  it('that does not exist stops the start', async () => {
    await expect(CommonPasswords.load(join(directory, 'absent'))).rejects.toThrow(
      'PASSWORD_LIST_FILE cannot be read (ENOENT)',
    );
  });
});
