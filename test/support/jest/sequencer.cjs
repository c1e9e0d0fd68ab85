'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

/** By far the longest file: a run that starts it last waits for it alone. */
const first = 'ratchet.property.spec.ts';

/** Jest starts with what took longest in the run before, and knows nothing of that on a clean checkout. */
class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isFirst = ({ path }) => path.endsWith(first);
    return [...sorted.filter(isFirst), ...sorted.filter((test) => !isFirst(test))];
  }
}

module.exports = LongestFirst;
