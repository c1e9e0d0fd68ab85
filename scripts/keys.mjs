/** The signing keys from the command line: `npm run keys -- list | rotate | revoke KID`. See docs/keys.md. */
import { importOwn } from './own-source.mjs';

const { runKeysCommand } = await importOwn('keys/cli');
process.exitCode = await runKeysCommand(process.argv.slice(2), process.env, process);
