import { parseTraceparent } from './traceparent.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

it.each([
  ['the example of W3C Trace Context', `00-${traceId}-${spanId}-01`],
  ['one that is not sampled', `00-${traceId}-${spanId}-00`],
  ['a later version', `cc-${traceId}-${spanId}-01`],
  ['a later version with more fields', `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`],
])('reads %s', (_, header) => {
  expect(parseTraceparent(header)).toEqual({ trace_id: traceId, span_id: spanId });
});

it.each([
  ['nothing', undefined],
  ['an empty value', ''],
  ['the forbidden version', `ff-${traceId}-${spanId}-01`],
  ['version 00 with more fields', `00-${traceId}-${spanId}-01-more`],
  ['capitals', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['a short trace id', `00-${traceId.slice(1)}-${spanId}-01`],
  ['two headers in one', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ['a line break', `00-${traceId}-${spanId}-01\n`],
  ['text around it', ` 00-${traceId}-${spanId}-01`],
  ['other bytes', '\u0000'],
])('ignores %s', (_, header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});
