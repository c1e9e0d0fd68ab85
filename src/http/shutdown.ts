import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** Requests in flight after this time are cut off: orchestrators kill after ten seconds. */
const drainTimeoutMs = 8000;
const idleCheckMs = 50;
/** A start that is under way gets this long to finish in good order. */
const startTimeoutMs = 3000;

/** A second signal within this time counts as the first: npm repeats a Ctrl-C that the terminal sent to every process. */
const sameSignalMs = 1000;

/**
 * On Ctrl-C, SIGTERM or a closed terminal, finishes the requests in flight, stops the embedded database and exits with 0.
 * A second signal exits at once.
 */
export function stopOnSignals(starting: Promise<NestFastifyApplication>): void {
  let stoppingSince: number | undefined;
  const stop = () => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > sameSignalMs) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    // A start that waits, for example for a database, is given up. An embedded PostgreSQL ends with the process.
    const startTimeout = setTimeout(() => process.exit(0), startTimeoutMs);
    void starting.then(
      (app) => {
        clearTimeout(startTimeout);
        return closeAndExit(app);
      },
      () => undefined, // main.ts reports a start that fails
    );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
}

async function closeAndExit(app: NestFastifyApplication): Promise<void> {
  await app.close();
  process.exit(0);
}

/**
 * Closing waits for every connection, and a client keeps one open long after its last response. So each connection is
 * closed as soon as it is idle, and all of them after a timeout.
 */
export function drainConnections(fastify: FastifyInstance): void {
  fastify.addHook('preClose', (done) => {
    const { server } = fastify;
    if (!server.listening) {
      done();
      return;
    }
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
    const late = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
    server.once('close', () => {
      clearInterval(idle);
      clearTimeout(late);
    });
    done();
  });
}
