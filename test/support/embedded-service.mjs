/**
 * The embedded PostgreSQL of the folder that is given, as a process of its own, for tests to kill: writes `up` and its
 * address, or what went wrong. Stops at SIGTERM, and when the test run that started it is gone (its standard input ends).
 */
import { EmbeddedPostgres } from '../../dist/database/embedded/embedded-postgres.js';

const tell = (line) => process.stdout.write(`${line}\n`);
process.on('SIGINT', () => tell('SIGINT'));
try {
  const embedded = await EmbeddedPostgres.start(process.argv[2], { log: tell, warn: tell });
  const stop = () => embedded.stop().then(() => process.exit());
  process.once('SIGTERM', stop);
  process.once('SIGHUP', () => process.exit(1)); // an end without stop()
  process.stdin.once('end', stop).resume();
  tell(`up ${embedded.url}`);
} catch (error) {
  tell(error.message);
  process.exitCode = 1;
}
