import { appendFile, copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/config.js';
import { Database } from '../../src/database/database.js';
import { initializeCluster } from '../../src/database/embedded/cluster.js';
import { testSecret } from '../support/app.js';
import type { Certificate } from '../support/certificate.js';
import { createCertificate } from '../support/certificate.js';
import { recordingLog } from '../support/log.js';
import type { Server } from '../support/postgres-server.js';
import { giveToPostgres, newCluster, startServer, stopServer } from '../support/postgres-server.js';

let authority: Certificate;
let otherAuthority: Certificate;
/** Its certificate names localhost only, and comes from `authority`. It accepts TLS only. */
let server: Server;

beforeAll(async () => {
  authority = await createCertificate({ names: ['Test authority'] });
  otherAuthority = await createCertificate({ names: ['Another authority'] });
  const { keyFile, certFile } = await createCertificate({ authority, names: ['localhost'] });
  const cluster = await newCluster();
  await initializeCluster(cluster, ['--no-sync']);
  const inside = (name: string) => join(cluster.dataFolder, name);
  await copyFile(keyFile, inside('server.key'));
  await copyFile(certFile, inside('server.crt'));
  await appendFile(inside('postgresql.auto.conf'), 'ssl = on\n');
  await writeFile(inside('pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  await giveToPostgres(cluster);
  server = await startServer(cluster);
});
afterAll(() => stopServer(server));

/** Starts with the URL's host and query changed, and says who the session is encrypted for. */
async function openWith(host: string, query: string): Promise<string> {
  const { username, password, port } = new URL(server.url);
  const url = `postgresql://${username}:${password}@${host}:${port}/postgres${query}`;
  const config = loadConfig({ DATABASE_URL: url, AUTH_SECRET: testSecret, DATABASE_START_TIMEOUT: '0s' });
  const database = await Database.open(config, recordingLog());
  try {
    const [row] = await database.prisma.$queryRaw<{ version: string }[]>`
      SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
    return row!.version;
  } finally {
    await database.onApplicationShutdown();
  }
}

const rootOf = ({ certFile }: Certificate) => `sslrootcert=${certFile}`;

describe('a database whose certificate is signed by an authority of its own', () => {
  it.each(['verify-full', 'verify-ca', 'require'])('is encrypted with sslmode=%s and its authority', async (mode) => {
    expect(await openWith('localhost', `?sslmode=${mode}&${rootOf(authority)}`)).toMatch(/^TLSv1/);
  });

  it.each(['verify-full', 'require', 'prefer', 'verify-ca'])(
    'is refused with sslmode=%s without its authority',
    async (mode) => {
      const opening = openWith('localhost', `?sslmode=${mode}`);
      await expect(opening).rejects.toThrow(/^The database refuses the connection: (unable to verify|self-signed)/);
    },
  );

  it.each(['verify-full', 'verify-ca', 'require'])('is refused with sslmode=%s and another authority', async (mode) => {
    const opening = openWith('localhost', `?sslmode=${mode}&${rootOf(otherAuthority)}`);
    await expect(opening).rejects.toThrow(/^The database refuses the connection: /);
  });

  it('is refused under a name that its certificate does not have, except with verify-ca (attack: a proxy with another certificate of the authority)', async () => {
    const named = (mode: string) => openWith('127.0.0.1', `?sslmode=${mode}&${rootOf(authority)}`);
    await expect(named('verify-full')).rejects.toThrow(/does not match certificate|altnames/);
    await expect(named('require')).rejects.toThrow(/does not match certificate|altnames/);
    expect(await named('verify-ca')).toMatch(/^TLSv1/);
  });

  it('is encrypted and not checked with sslmode=no-verify', async () => {
    expect(await openWith('127.0.0.1', '?sslmode=no-verify')).toMatch(/^TLSv1/);
  });

  it('refuses a URL without sslmode, which does not use TLS', async () => {
    await expect(openWith('localhost', '')).rejects.toThrow(/^The database refuses the connection: .*no encryption/);
  });

  it('is refused in one sentence if the file of the authority cannot be read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-tls-'));
    const opening = openWith('localhost', `?sslmode=verify-full&sslrootcert=${folder}/missing.pem`);
    await expect(opening).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('missing.pem'),
    });
  });
});
