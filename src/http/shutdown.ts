import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Readiness } from '../health/readiness.js';
import { flushSpans } from '../tracing/tracer.js';

/** After the signal, requests in flight are cut off: orchestrators kill after ten seconds by default. */
const drainTimeoutMs = 8000;
/** Requests in flight get at least this long after SHUTDOWN_DELAY. */
const minDrainTimeoutMs = 3000;
const idleCheckMs = 50;
/** A start that is under way gets this long to finish in good order. */
const startTimeoutMs = 3000;

/** A second signal within this time counts as the first: npm repeats a Ctrl-C that the terminal sent to every process. */
const sameSignalMs = 1000;

/**
 * On Ctrl-C, SIGTERM or a closed terminal, shuts down, stops the embedded database and exits with 0.
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
  await shutDown(app);
  await flushSpans();
  process.exit(0);
}

/**
 * Loses no request of a proxy that watches readiness: it is 503 at once, requests are served until `wait` ends, which gives
 * the proxy the time to notice, and only then the port is closed. Then the requests in flight are finished.
 */
export async function shutDown(app: NestFastifyApplication, wait: (ms: number) => Promise<unknown> = sleep) {
  app.get(Readiness).startDraining();
  await wait(app.get<Config>(CONFIG).shutdownDelaySeconds * 1000);
  await app.close();
}

/**
 * While the service drains, each response ends its connection, so that the client does not reuse it at the moment it is
 * closed. Closing the server waits for every connection, and a client keeps one open long after its last response. So each
 * connection is closed as soon as it is idle, and all of them after a timeout.
 */
export function drainConnections(fastify: FastifyInstance, readiness: Readiness, config: Config): void {
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (readiness.isDraining) reply.header('connection', 'close');
    done();
  });
  fastify.addHook('preClose', (done) => {
    const { server } = fastify;
    if (!server.listening) {
      done();
      return;
    }
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
    const timeoutMs = Math.max(drainTimeoutMs - config.shutdownDelaySeconds * 1000, minDrainTimeoutMs);
    const late = setTimeout(() => server.closeAllConnections(), timeoutMs);
    server.once('close', () => {
      clearInterval(idle);
      clearTimeout(late);
    });
    done();
  });
}
