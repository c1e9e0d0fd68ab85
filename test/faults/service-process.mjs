/**
 * Pawl as a process of its own, for tests to kill: built, and with a clock that the test moves. Its settings are in the
 * environment. With an argument, it runs that many instances. Tells the test where they listen, and ends with it.
 */
import { createApp } from '../../dist/app.setup.js';
import { Clock } from '../../dist/common/clock.js';
import { loadConfig } from '../../dist/config/config.js';
import { stopOnSignals } from '../../dist/http/shutdown.js';

const clock = new Clock();
process.on('message', (offsetMs) => (clock.offsetMs = offsetMs));
process.once('disconnect', () => process.exit(1));

const config = loadConfig(process.env);
const urls = [];
for (let i = 0; i < Number(process.argv[2] ?? 1); i++) {
  const starting = createApp(config, { clock });
  stopOnSignals(starting);
  const app = await starting;
  await app.listen(config.port, '127.0.0.1');
  urls.push(`http://127.0.0.1:${app.getHttpServer().address().port}`);
}
process.send(urls);
