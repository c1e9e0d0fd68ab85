'use strict';
/**
 * Loaded into every measured process (`node --require`): answers its parent's questions over IPC with what only the process
 * itself knows on every platform. CommonJS, so that it does not start libuv's thread pool before bin/thread-pool.cjs.
 */
const answers = {
  /** Microseconds since the start, all threads. */
  cpu: () => process.cpuUsage(),
  /** Bytes; after a collection where the process was started with `--expose-gc`. */
  memory: () => {
    globalThis.gc?.();
    return process.memoryUsage();
  },
};

process.on('message', (question) => process.send(answers[question]()));
process.on('disconnect', () => process.exit(1)); // the bench is gone: nothing it started stays
process.channel.unref();
