/** Pawl with one more route, which runs the clean-up of sessions now. No periodic job runs by itself. */
import { createApp } from '../../dist/app.setup.js';
import { loadConfig } from '../../dist/config/config.js';
import { PeriodicJobs } from '../../dist/database/periodic-job.js';
import { SessionCleanup } from '../../dist/sessions/session-cleanup.js';

const config = loadConfig(process.env);
const app = await createApp(config);
app
  .getHttpAdapter()
  .getInstance()
  .post('/bench/clean-up', async () => ({ deleted: await app.get(SessionCleanup, { strict: false }).deleteEnded() }));
await app.listen(config.port, config.host);
for (const job of app.get(PeriodicJobs).jobs) job.pause();
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
