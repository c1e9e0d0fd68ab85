'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

/** By far the longest files, the longest first: a run that starts one of them last waits for it alone. */
const first = [
  'test/sessions/ratchet.property',
  'test/revocation/feed-instances',
  'test/mail/outbox',
  'test/database/foreign-databases',
  'test/database/embedded',
  'test/faults/standby',
  'test/testing/start-pawl',
  'test/fuzz/openapi',
  'test/docs/example-orders',
  'test/docs/demo',
  'test/docs/restored-database',
  'test/docs/client-snippet',
  'test/factors/every-way-in',
  'test/http/linear-work',
].map((name) => `${name}.spec.ts`);

/** Jest starts with what took longest in the run before, and knows nothing of that on a clean checkout. */
class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => (first.findIndex((name) => path.endsWith(name)) + first.length + 1) % (first.length + 1);
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = LongestFirst;
