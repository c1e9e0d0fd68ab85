import { packages } from './packages.cjs';
import { ensureClient } from './prisma-client.cjs';
import { runAll } from './run.mjs';

const tsc = ['node_modules/typescript/bin/tsc', '--noEmit'];

ensureClient();
await runAll(tsc, ...packages.map((name) => [...tsc, '--project', `packages/${name}`]));
