import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditEventNames } from '../../src/audit/audit-event.js';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const text = read('docs/audit.md');

/** The first column of the table of events: one name or several. */
const documented = [...text.matchAll(/^\| ((?:`[a-z]+\.[a-z_]+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
  [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
);

it('docs/audit.md explains every audit event, once, and no other', () => {
  expect(documented.sort()).toEqual([...auditEventNames].sort());
});

it('the pages have words for every audit event, in every language', () => {
  const [english, korean, ofAdmins] = ['i18n/en.ts', 'i18n/ko.ts', 'admin/words.ts'].map((file) =>
    read(`packages/web/src/${file}`),
  );
  const isNamed = (event: string) => {
    const key = `'${event}': '`;
    return (english!.includes(key) && korean!.includes(key)) || ofAdmins!.split(key).length === 3;
  };
  expect(auditEventNames.filter((event) => !isNamed(event))).toEqual([]);
});
