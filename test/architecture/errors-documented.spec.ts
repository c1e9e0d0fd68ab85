import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessErrors } from '#pawl/nest/access-error.js';
import { ERRORS } from '../../src/common/errors.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');

/** The rows of docs/errors.md: | `code` | status | meaning | what to do | */
const documented = [...text.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.+) \| (.+) \|$/gm)].map(
  ([, code = '', status, meaning = '', advice = '']) => ({ code, status: Number(status), meaning, advice }),
);

describe('docs/errors.md', () => {
  it('explains every code of the error table, once, and no other', () => {
    expect(documented.map((row) => row.code).sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it.each(Object.entries(ERRORS))('gives %s the status it is answered with', (code, [status]) => {
    expect(documented.find((row) => row.code === code)?.status).toBe(status);
  });

  it('says of each what it means and what to do', () => {
    for (const { meaning, advice } of documented) expect([meaning, advice]).not.toContain('');
  });
});

it('the package for other services refuses callers with the same codes, statuses and messages', () => {
  expect(ERRORS).toMatchObject(accessErrors);
});
