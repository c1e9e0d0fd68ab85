import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** What is in flight after this long is cut off: orchestrators kill after ten seconds. */
const drainMs = 8000;
const idleCheckMs = 50;
/** A start that is under way may end in good order for so long. */
const startMs = 3000;

/** A second signal this soon is the first one again: npm hands on a Ctrl-C that the terminal gave to everyone already. */
const sameSignalMs = 1000;

/**
 * Ctrl-C, SIGTERM and a closed terminal finish what is in flight, stop the embedded database and exit with 0. A second one
 * does not wait.
 */
export function stopOnSignals(starting: Promise<NestFastifyApplication>): void {
  let stoppingSince: number | undefined;
  const stop = () => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > sameSignalMs) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    // A start that waits, for a database say, is given up; an embedded PostgreSQL ends with the process.
    const givingUp = setTimeout(() => process.exit(0), startMs);
    void starting.then(
      (app) => {
        clearTimeout(givingUp);
        return closeAndExit(app);
      },
      () => undefined, // whoever awaits it reports a start that fails
    );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
}

async function closeAndExit(app: NestFastifyApplication): Promise<void> {
  await app.close();
  process.exit(0);
}

/**
 * Closing waits for every connection, and a client keeps one open long after its last answer. So each is closed once it
 * has nothing in flight, and after a while whatever it has.
 */
export function drainConnections(fastify: FastifyInstance): void {
  fastify.addHook('preClose', (done) => {
    const { server } = fastify;
    if (!server.listening) {
      done();
      return;
    }
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
    const late = setTimeout(() => server.closeAllConnections(), drainMs);
    server.once('close', () => {
      clearInterval(idle);
      clearTimeout(late);
    });
    done();
  });
}
