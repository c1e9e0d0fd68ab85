import { ensureBuild } from './build.cjs';

/** Returns the OpenAPI document of this checkout: of a service on a database that is gone afterwards. */
export async function documentOfService() {
  ensureBuild();
  const { startTemporaryCluster } = await import('../dist/database/embedded/temporary-cluster.js');
  const { createApp } = await import('../dist/app.setup.js');
  const { loadConfig } = await import('../dist/config/config.js');
  const cluster = await startTemporaryCluster();
  try {
    const app = await createApp(
      loadConfig({ DATABASE_URL: cluster.url, AUTH_SECRET: 'x'.repeat(32), PORT: '0', LOG_LEVEL: 'warn' }),
    );
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address();
    const response = await fetch(`http://127.0.0.1:${port}/docs-json`);
    await app.close();
    return await response.json();
  } finally {
    await cluster.destroy();
  }
}
