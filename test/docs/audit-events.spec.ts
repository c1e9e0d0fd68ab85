import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditEventNames } from '../../src/audit/audit-event.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/audit.md'), 'utf8');

/** The first column of the table of events: one name or several. */
const documented = [...text.matchAll(/^\| ((?:`[a-z]+\.[a-z_]+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
  [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
);

it('docs/audit.md explains every audit event, once, and no other', () => {
  expect(documented.sort()).toEqual([...auditEventNames].sort());
});
