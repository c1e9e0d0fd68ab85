import { ensureClient } from './prisma-client.cjs';
import { runAll } from './run.mjs';

ensureClient();
await runAll(['node_modules/typescript/bin/tsc', '--noEmit']);
