'use strict';
/**
 * Runs test files in Node's own realm instead of a sandbox of their own, so that they can share the modules a worker has
 * loaded (see runtime.cjs). What a test file changes in the process is undone when the file ends.
 */
const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

const eventHandlers = Symbol.for('EVENT_HANDLERS');

class SharedEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null; // jest's legacy timers

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
    this.before = { env: { ...process.env }, console, exit: process.exit, directory: process.cwd() };
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose();
    const { env, console, exit, directory } = this.before;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    Object.assign(globalThis, { console });
    process.exit = exit;
    process.chdir(directory);
    // jest-circus is evaluated anew for each file and must not find the handlers and the state of the file before.
    for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
      if (symbol === eventHandlers || symbol.description === 'JEST_STATE_SYMBOL') delete globalThis[symbol];
    }
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return null; // this realm
  }
}

module.exports = SharedEnvironment;
