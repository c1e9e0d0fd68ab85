import { Logger } from '@nestjs/common';
import { CommandContext } from './cli/command-context.js';
import { runProgram } from './cli/program.js';

const [, , ...given] = process.argv;
const args = given.length > 0 ? given : ['start'];

/** Imported only when the service starts: the other commands do not load the application. */
async function startService(): Promise<void> {
  const { startService: start } = await import('./app.start.js');
  await start(process.env);
}

/** A reader such as `head` has seen enough. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

async function main(): Promise<void> {
  // npm runs scripts in the folder of the package, and keeps here where it was called.
  const folder = process.env.INIT_CWD ?? process.cwd();
  const context = new CommandContext(process.env, process, folder, startService);
  if (args[0] === 'start') {
    process.exitCode = await runProgram(args, context);
    return;
  }
  // Commands print their own results, and standard output may be what they export.
  Logger.overrideLogger(['error']);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endQuietly);
  process.exitCode = await runProgram(args, context);
  // Input that was not read to its end would keep the process alive.
  process.stdin.destroy();
}

void main();
