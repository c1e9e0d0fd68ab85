import { freshClient } from './fresh.cjs';
import { runAll } from './steps.mjs';

freshClient();
await runAll(['node_modules/typescript/bin/tsc', '--noEmit']);
