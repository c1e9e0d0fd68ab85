'use strict';
/**
 * Calls `stop` once if the npm that runs this script ends before it. npm starts scripts through a shell, and hands a
 * SIGTERM on to that shell only: dash dies of it at once and leaves its child running, with nobody to stop it.
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
