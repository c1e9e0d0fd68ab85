import { summaryOf } from './statement-summary.js';

it.each([
  ['SELECT 1', 'SELECT'],
  ['SELECT * FROM users WHERE id = $1 FOR UPDATE', 'SELECT users'],
  ['SELECT "public"."users"."id" FROM "public"."users" WHERE 1=1', 'SELECT users'],
  ['INSERT INTO "auth"."notes" ("id") VALUES ($1)', 'INSERT notes'],
  [
    'UPDATE sessions s SET a = $1 FROM users u, (SELECT now() AS now) t WHERE u.id = s.user_id',
    'UPDATE sessions SELECT users',
  ],
  [
    'WITH u AS (UPDATE users SET a = $1 RETURNING *), s AS (INSERT INTO sessions (a) SELECT a FROM u) SELECT 1 FROM s, u',
    'UPDATE users INSERT sessions',
  ],
  ['INSERT INTO rate_limits (key) VALUES ($1) ON CONFLICT (key) DO UPDATE SET points = 1', 'INSERT rate_limits'],
  ['DELETE FROM sessions WHERE ctid = ANY (ARRAY(SELECT place FROM old))', 'DELETE sessions SELECT old'],
  ['SELECT a FROM unnest($1::uuid[]) JOIN users ON true', 'SELECT users'],
  ['LISTEN pawl', 'LISTEN'],
  ['', 'statement'],
])('%s', (sql, summary) => {
  expect(summaryOf(sql)).toBe(summary);
});
