'use strict';
/**
 * Calls `stop` once if the npm that runs this script ends before it. npm starts scripts through a shell and forwards
 * SIGTERM to that shell only: dash ends at once and leaves its child running.
 */
function onNpmGone(stop) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 250);
  timer.unref();
}

module.exports = { onNpmGone };
