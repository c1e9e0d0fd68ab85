import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { Logger } from '@nestjs/common';
import { createApp } from './app.setup.js';
import { explainStartFailure } from './cli/start-failure.js';
import { loadConfig, readEnvironment } from './config/config.js';
import { stopOnSignals } from './http/shutdown.js';
import { showsEmails } from './pages/pages.module.js';

/** Starts the service. Resolves once it listens. Ends the process with one sentence if it cannot start. */
export async function startService(processEnv: NodeJS.ProcessEnv): Promise<void> {
  try {
    await listen(processEnv);
  } catch (error) {
    process.stderr.write(`${explainStartFailure(error)}\n`);
    process.exit(1);
  }
}

async function listen(processEnv: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfig(readEnvironment(processEnv));
  const starting = createApp(config);
  stopOnSignals(starting);
  const app = await starting;
  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const logger = new Logger('Pawl');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${displayHost(config.host)}:${port}`;
  logger.log(`Running at ${url}`);
  if (showsEmails(config)) logger.log(`Emails: ${url}/dev/mail`);
  if (config.docs) logger.log(`Swagger UI: ${url}/docs`);
}

/** `localhost` for the loopback and for all addresses: every browser treats it as secure. */
function displayHost(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)) return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}
