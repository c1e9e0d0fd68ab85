/**
 * `npm run test:openapi`: the OpenAPI document of a running service passes every recommended rule of `redocly lint`,
 * warnings included, and openapi-typescript makes a client of it that compiles. Leaves both in coverage/openapi.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentOfService } from './openapi-document.mjs';
import { runAll } from './run.mjs';

const folder = join('coverage', 'openapi');
const document = join(folder, 'openapi.json');

/** What a client would write; each line that must not compile says so. */
const client = `
import type { components, paths } from './api.js';

type Login = paths['/auth/login']['post'];
type Note = components['schemas']['Note'];

export const body: Login['requestBody']['content']['application/json'] = { email: 'ada@example.com', password: 'secret' };

// @ts-expect-error The service would refuse it: a role is not the caller's choice.
export const unknownKey: typeof body = { email: 'ada@example.com', password: 'secret', role: 'admin' };

export function bearer(tokens: Login['responses'][200]['content']['application/json']): string {
  return tokens.token_type + ' ' + (tokens.access_token ?? '');
}

export function isWrong(problem: Login['responses'][401]['content']['application/problem+json']): boolean {
  return problem.code === 'invalid_credentials';
}

// @ts-expect-error Codes are a closed list.
export const noCode: components['schemas']['Problem']['code'] = 'wrong_password';

export function titles({ notes }: paths['/notes']['get']['responses'][200]['content']['application/json']): string[] {
  return notes.map((note: Note) => note.title);
}
`;

// Sends no telemetry and needs no network.
Object.assign(process.env, { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' });

mkdirSync(folder, { recursive: true });
writeFileSync(document, JSON.stringify(await documentOfService(), null, 2));
writeFileSync(join(folder, 'client.ts'), client);
await runAll(
  // An operation that only redirects has no 2xx response.
  [
    ...['node_modules/@redocly/cli/bin/cli.js', 'lint', document],
    ...['--extends=recommended-strict', '--skip-rule=operation-2xx-response'],
  ],
  ['node_modules/openapi-typescript/bin/cli.js', document, `--output=${join(folder, 'api.ts')}`],
  [
    'node_modules/typescript/bin/tsc',
    ...['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'],
    join(folder, 'client.ts'),
    join(folder, 'api.ts'),
  ],
);
