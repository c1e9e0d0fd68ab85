/**
 * `npm run dev`: the service, restarted after every change of src/ that compiles. `tsc --build --watch` compiles and
 * `node --watch` restarts; this script starts both and ends both.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ensureBuild, removeBundle } from './build.cjs';
import { onNpmGone } from './npm-gone.cjs';

ensureBuild();
removeBundle(); // The compiler changes dist/ only.
const compiler = start(
  'node_modules/typescript/bin/tsc',
  '--build',
  '--watch',
  '--preserveWatchOutput',
  'tsconfig.build.json',
);
const service = start('--watch', '--watch-preserve-output', 'bin/pawl.cjs', 'start');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
onNpmGone(() => stop('SIGTERM'));
const [code] = await once(service, 'exit');
compiler.kill();
process.exitCode = code ?? 1;

function start(...programAndArguments) {
  return spawn(process.execPath, programAndArguments, { stdio: 'inherit' });
}

function stop(signal) {
  compiler.kill(signal);
  service.kill(signal);
}
