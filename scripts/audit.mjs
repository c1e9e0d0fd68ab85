/** The audit trail from the command line: `npm run audit -- verify`. See docs/audit.md. */
import { importOwn } from './own-source.mjs';

const { runAuditCommand } = await importOwn('cli/audit');
process.exitCode = await runAuditCommand(process.argv.slice(2), process.env, process);
