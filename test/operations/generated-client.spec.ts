import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'pawl-checkout-'));
  for (const each of ['package.json', 'prisma.config.ts', 'prisma/schema.prisma', 'bin', 'scripts']) {
    cpSync(join(root, each), join(checkout, each), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  mkdirSync(join(checkout, 'src/database'), { recursive: true });
});
afterEach(() => rmSync(checkout, { recursive: true }));

/** As lint, types and tests begin. Returns when the file that they then read was written, in nanoseconds since 1970. */
async function ensureClient(): Promise<bigint> {
  const script = "require('./scripts/prisma-client.cjs').ensureClient()";
  await promisify(execFile)(process.execPath, ['-e', script], { cwd: checkout });
  return statSync(join(checkout, 'src/database/generated/client.ts'), { bigint: true }).mtimeNs;
}

describe('the Prisma client of a clean clone', () => {
  it('is generated once for commands that begin side by side: what one reads already, no other replaces', async () => {
    const written = await Promise.all(Array.from({ length: 4 }, ensureClient));
    expect(new Set(written).size).toBe(1);
    const folder = join(checkout, 'src/database');
    expect(readdirSync(folder)).toEqual(['generated']);
    expect(readdirSync(join(folder, 'generated'))).toEqual(readdirSync(join(root, 'src/database/generated')));
  });
});
