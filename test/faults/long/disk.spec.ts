import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, goodPassword, newEmail } from '../../support/http.js';
import { until } from '../../support/until.js';
import type { SmallDisk } from '../disk.js';
import { mountSmallDisk, placeOnDisk, whyNoSmallDisk } from '../disk.js';
import type { OwnServer } from '../own-server.js';
import { startOwnServer } from '../own-server.js';
import { restartServer } from '../server-processes.js';

const folder = join(tmpdir(), `pawl-disk-${process.pid}`);
const hindrance = await whyNoSmallDisk(folder);
/** The reason is part of the name, because scripts/test.mjs names what was skipped. */
const [describeDisk, reason] = hindrance
  ? [describe.skip, ` (skipped: cannot mount one: ${hindrance})`]
  : [describe, ''];

describeDisk(`a disk that is full${reason}`, () => {
  let disk: SmallDisk;
  let own: OwnServer;
  beforeAll(async () => {
    disk = await mountSmallDisk(folder, 256);
    own = await startOwnServer((cluster) => placeOnDisk(cluster, folder));
  });
  afterAll(async () => {
    await own.close();
    await disk.unmount();
  });

  /** Users until there is no room for one more. PostgreSQL has some space left in its files at first. */
  async function untilRefused(): Promise<void> {
    await until(async () => {
      const filler = `INSERT INTO filler SELECT repeat('x', 4000) FROM generate_series(1, 50)`;
      return own.database.query(filler).then(
        () => false,
        () => true,
      );
    });
  }

  it('is 503 to every writer, and when there is room again, nobody is signed out and no answered write lost', () =>
    own.duringLoad(async (load) => {
      await own.database.query('CREATE TABLE IF NOT EXISTS filler (text text)');
      await disk.fill();
      await untilRefused();
      const newUser = () =>
        call(own.app, 'POST', '/auth/register', { body: { email: newEmail(), password: goodPassword } });
      await until(async () => (await newUser()).status === 503);
      await load.moreActs(6).catch(() => undefined);
      expect((await call(own.app, 'GET', '/health/live')).status).toBe(200);
      await disk.free();
    }));

  it('ends PostgreSQL if there is no room for its log, and the same holds', () =>
    own.duringLoad(async (load) => {
      await disk.fill();
      // Each needs the next file of the log; the files that wait to be used again are few.
      await until(() =>
        own.database.query('SELECT pg_switch_wal(), txid_current()').then(
          () => false,
          () => true,
        ),
      );
      await load.everybodyRefused();
      await disk.free();
      await restartServer(own.server, own.database);
    }));
});
