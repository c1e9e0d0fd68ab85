/**
 * `npm run client:types` writes the types of `@pawl/client` from the OpenAPI document of this checkout. Run it after every
 * change of the HTTP API; test/client/api-types.spec.ts finds out if you did not.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentOfService } from './openapi-document.mjs';
import { run } from './run.mjs';

const document = join('coverage', 'openapi', 'client.json');

mkdirSync(join('coverage', 'openapi'), { recursive: true });
writeFileSync(document, JSON.stringify(await documentOfService()));
process.exitCode = await run(
  'node_modules/openapi-typescript/bin/cli.js',
  document,
  '--output=packages/client/src/api-types.ts',
);
