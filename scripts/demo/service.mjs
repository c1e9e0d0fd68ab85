import { randomBytes } from 'node:crypto';
import { ensureBuild } from '../build.cjs';

/** So that "later" in the story is seconds away. Everything else is as it ships. */
const graceTime = '2s';

/**
 * A service in this process, on a PostgreSQL in a temporary folder and on a free port. It sees none of the settings around
 * it: a DATABASE_URL in the environment is somebody's data.
 */
export async function startService(teller) {
  teller.note('Starting a service of its own ...');
  ensureBuild();
  const { startTemporaryCluster } = await import('../../dist/database/embedded/temporary-cluster.js');
  const { loadConfig } = await import('../../dist/config/config.js');
  const { createApp } = await import('../../dist/app.setup.js');

  const cluster = await startTemporaryCluster();
  try {
    const config = loadConfig({
      DATABASE_URL: cluster.url,
      AUTH_SECRET: randomBytes(48).toString('base64url'),
      REFRESH_GRACE: graceTime,
      LOG_LEVEL: 'error',
    });
    const app = await createApp(config);
    const stop = async () => {
      await app.close();
      await cluster.destroy();
    };
    await app.listen(0, '127.0.0.1');
    return { url: await app.getUrl(), stop };
  } catch (error) {
    await cluster.destroy();
    throw error;
  }
}
