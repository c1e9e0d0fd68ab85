import { createHash } from 'node:crypto';
import type { MigrationRow } from './history.js';
import { compareHistory } from './history.js';

const scripts = [
  { name: '1_users', sql: 'CREATE TABLE users ();\n' },
  { name: '2_notes', sql: 'CREATE TABLE notes ();\n' },
];
const at = new Date();

function row(name: string, sql: string, changes: Partial<MigrationRow> = {}): MigrationRow {
  const checksum = createHash('sha256').update(sql).digest('hex');
  return { migration_name: name, checksum, finished_at: at, rolled_back_at: null, logs: null, ...changes };
}

const users = row('1_users', scripts[0]!.sql);
const notes = row('2_notes', scripts[1]!.sql);
const nothing = { applied: [], pending: [], unfinished: [], edited: [], unknown: [] };

it.each([
  ['an empty database', [], { pending: ['1_users', '2_notes'] }],
  ['one behind', [users], { applied: ['1_users'], pending: ['2_notes'] }],
  ['up to date', [users, notes], { applied: ['1_users', '2_notes'] }],
  ['one ahead', [users, notes, row('3_new', '')], { applied: ['1_users', '2_notes'], unknown: ['3_new'] }],
  ['edited since', [users, row('2_notes', 'other')], { applied: ['1_users', '2_notes'], edited: ['2_notes'] }],
  [
    'applied from a checkout with other line ends',
    [users, row('2_notes', 'CREATE TABLE notes ();\r\n')],
    { applied: ['1_users', '2_notes'] },
  ],
  [
    'failed',
    [users, { ...notes, finished_at: null, logs: 'x\nError querying the database: ERROR: no\n at' }],
    { applied: ['1_users'], unfinished: [{ name: '2_notes', reason: 'ERROR: no' }] },
  ],
  [
    'failed and to be tried again',
    [users, { ...notes, finished_at: null, rolled_back_at: at }],
    { applied: ['1_users'], pending: ['2_notes'] },
  ],
  [
    'failed, then applied',
    [users, { ...notes, finished_at: null, rolled_back_at: at }, notes],
    { applied: ['1_users', '2_notes'] },
  ],
])('%s', (_case, rows, expected) => {
  expect(compareHistory(scripts, rows)).toEqual({ ...nothing, ...expected });
});
