import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const oneArena = join(import.meta.dirname, '../../bin/one-arena.cjs');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-arena-'));
  const report =
    'console.log(JSON.stringify([process.pid, process.env.MALLOC_ARENA_MAX ?? null, process.argv.slice(2)]))';
  writeFileSync(join(folder, 'program.cjs'), `require(${JSON.stringify(oneArena)});\n${report};\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the process that was started, and what the program in it sees. */
function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { pid, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'program.cjs'), ...args], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  const [seenPid, arenas, seenArgs] = JSON.parse(stdout) as [number, string | null, string[]];
  return { isSameProcess: seenPid === pid, arenas, args: seenArgs, stderr };
}

it('the service gets one arena of glibc in the same process, where Node.js can start it again', () => {
  const canStartAgain = process.platform === 'linux' && 'execve' in process;
  const arenas = canStartAgain ? '1' : null;
  expect(run(['start'])).toEqual({ isSameProcess: true, arenas, args: ['start'], stderr: '' });
  expect(run([])).toEqual({ isSameProcess: true, arenas, args: [], stderr: '' });
});

it('a command runs once, and a number of arenas that the operator sets stays', () => {
  expect(run(['users', 'list'])).toMatchObject({ isSameProcess: true, arenas: null });
  expect(run(['start'], { MALLOC_ARENA_MAX: '4' })).toMatchObject({ isSameProcess: true, arenas: '4' });
});
