/**
 * `npm run dev`: compiles src/ at every change, and whenever that succeeds starts the service anew, once the old one has
 * ended in good order.
 */
import './supported-node.cjs';
import './thread-pool.cjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { emptyDist, freshClient } from './fresh.cjs';
import { onNpmGone } from './npm-gone.cjs';

// Only now: a checkout without its packages has been told so by supported-node.cjs.
const { default: ts } = await import('typescript');

let service;
let serviceEnded = Promise.resolve([0]);
let lastRestart = Promise.resolve();
let stopping = false;

freshClient();
emptyDist();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
onNpmGone(() => stop('SIGTERM'));
watch(() => (lastRestart = lastRestart.then(restart)));

function watch(onCompiled) {
  const options = { preserveWatchOutput: true };
  const host = ts.createWatchCompilerHost(
    'tsconfig.build.json',
    options,
    ts.sys,
    ts.createEmitAndSemanticDiagnosticsBuilderProgram,
  );
  const report = host.onWatchStatusChange;
  host.onWatchStatusChange = (status, newLine, compilerOptions, errorCount) => {
    report(status, newLine, compilerOptions, errorCount);
    if (errorCount === 0) onCompiled();
  };
  ts.createWatchProgram(host);
}

async function restart() {
  service?.kill('SIGTERM');
  await serviceEnded;
  if (stopping) return;
  service = spawn(process.execPath, ['--enable-source-maps', 'dist/main.js'], { stdio: 'inherit' });
  serviceEnded = once(service, 'exit');
}

async function stop(signal) {
  stopping = true;
  service?.kill(signal);
  const [code] = await serviceEnded;
  process.exit(code ?? 1);
}
