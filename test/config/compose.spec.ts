import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Env } from '../../src/config/env.js';

const compose = readFileSync(join(import.meta.dirname, '../../docker-compose.yml'), 'utf8');
const [, service = ''] = /\n {2}pawl:\n(.*?)\n {4}depends_on:/s.exec(compose) ?? [];

/** Settings that docker-compose.yml sets itself. */
const fixed = ['NODE_ENV', 'PORT', 'HOST', 'DATA_DIR', 'DATABASE_DIRECT_URL', 'DATABASE_POOLED', 'PASSWORD_LIST_FILE'];

describe('docker-compose.yml', () => {
  it.each(Object.keys(Env.shape).filter((name) => !fixed.includes(name)))('passes %s to the container', (name) => {
    expect(service).toMatch(new RegExp(`^      ${name}:`, 'm'));
  });

  it('makes links with the port that it publishes', () => {
    expect(service).toMatch(/^ {6}PUBLIC_URL: \$\{PUBLIC_URL:-http:\/\/localhost:\$\{PAWL_PORT:-3000\}\}$/m);
  });
});
