import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OAUTH_ERRORS } from '../../src/oauth/errors.js';
import { startApp } from '../support/app.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/oauth.md'), 'utf8');
const examples = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script = '']) => script);

/** The examples need a shell and curl, which not every machine has. */
const canRun = spawnSync('sh', ['-c', 'curl --version']).status === 0;
const whereTheyRun = canRun ? it : it.skip;

whereTheyRun('the examples of docs/oauth.md run from top to bottom, and print what they say', async () => {
  expect(examples.length).toBeGreaterThan(5);
  const admin = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'correct horse battery staple' };
  const app = await startApp({ env: admin });
  try {
    const script = ['set -eu', ...examples].join('\n');
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: { ...process.env, PAWL: app.url } });
    expect(stdout).toMatch(
      /^\{"active":true,"token_use":"access_token",.*\}\{"active":false\}Bearer\ninvoices:read invoices:write\n$/,
    );
  } finally {
    await app.close();
  }
});

it('the document explains every error', () => {
  for (const [error, status] of Object.entries(OAUTH_ERRORS)) expect(text).toContain(`| \`${error}\` | ${status} |`);
});
