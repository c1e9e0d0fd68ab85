/** The users from the command line: `npm run -s users -- list`. See docs/operations.md. */
import { Logger } from '@nestjs/common';
import { importOwn } from './own-source.mjs';

// What is done is told by the command itself, and standard output belongs to what it exports.
Logger.overrideLogger(false);
// npm runs scripts in the project's folder, and keeps here where it was called.
const folder = process.env.INIT_CWD ?? process.cwd();
const { runUsersCommand } = await importOwn('cli/users/users');
process.exitCode = await runUsersCommand(process.argv.slice(2), process.env, process, folder);
// An input that was not read to its end keeps the process alive.
process.stdin.destroy();
