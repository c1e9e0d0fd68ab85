'use strict';
/**
 * Runs test files in Node's own realm instead of a sandbox of their own, so that they can share the modules a worker has
 * loaded (see runtime.cjs). What a test file changes in the process is undone when the file ends.
 */
const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');
const { setTimeout: pause } = require('node:timers/promises');

/** Before jest replaces it for a test file. */
const { exit } = process;
const isWorker = process.send !== undefined;
/** Of jest's `CHILD_MESSAGE_END`. */
const endMessage = 2;
const maxClosingAttempts = 3000;

// Jest kills a worker that has not ended half a second after it was asked to, which a busy machine may not manage. Nothing
// is open by then: see assertNothingOpen().
if (isWorker) process.on('message', ([type]) => type === endMessage && process.nextTick(() => exit.call(process)));

/** Throws if the test file has left a socket, a server, a timer or a child process behind. */
async function assertNothingOpen(path) {
  // The pipe to jest, and standard output.
  const open = () => process.getActiveResourcesInfo().filter((kind) => !['PipeWrap', 'TTYWrap'].includes(kind));
  for (let attempt = 0; open().length > 0; attempt++) {
    if (attempt === maxClosingAttempts) throw new Error(`${path} leaves open: ${open().join(', ')}`);
    await pause(10);
  }
}

const eventHandlers = Symbol.for('EVENT_HANDLERS');

class SharedEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null; // jest's legacy timers

  constructor({ projectConfig }, { testPath }) {
    this.testPath = testPath;
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
    this.before = { env: { ...process.env }, console, exit: process.exit, directory: process.cwd() };
  }

  async setup() {}

  /** SKIP_AFTER_FAILURE is for test/mutants: after the first failure the file is red, and the rest of it need not run. */
  handleTestEvent({ name, test }) {
    if (name === 'test_fn_failure' || name === 'hook_failure') this.hasFailed = true;
    else if (name === 'test_start' && this.hasFailed && process.env.SKIP_AFTER_FAILURE) test.mode = 'skip';
  }

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
    // A failed test may leave something open, and its own message is the one to read.
    if (isWorker && !this.hasFailed) await assertNothingOpen(this.testPath);
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return null; // this realm
  }
}

module.exports = SharedEnvironment;
