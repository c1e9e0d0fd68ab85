/** The signing keys from the command line: `npm run keys -- list | rotate | revoke KID`. See docs/keys.md. */
import { Logger } from '@nestjs/common';
import { importOwn } from './own-source.mjs';

// The command tells by itself what it does.
Logger.overrideLogger(['error']);

const { runKeysCommand } = await importOwn('cli/keys/keys');
process.exitCode = await runKeysCommand(process.argv.slice(2), process.env, process);
