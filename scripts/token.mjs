/** Looks into a token from the command line: `npm run -s token -- inspect`. See docs/inspect.md. */
import { importOwn } from './own-source.mjs';

// npm runs scripts in the project's folder, and keeps here where it was called.
const folder = process.env.INIT_CWD ?? process.cwd();
const { runTokenCommand } = await importOwn('cli/token/inspect');
process.exitCode = await runTokenCommand(process.argv.slice(2), process.env, process, folder);
