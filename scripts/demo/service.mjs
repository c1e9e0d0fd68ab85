import { randomBytes } from 'node:crypto';
import { ensureBuild } from '../build.cjs';

/** Short, so that the story does not wait long. Every other setting has its default. */
const graceTime = '2s';

/**
 * Starts a service in this process, on a temporary PostgreSQL and a free port. It ignores the settings of the environment, because a
 * DATABASE_URL there leads to real data.
 */
export async function startService(teller) {
  teller.note('Starting a temporary service ...');
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
