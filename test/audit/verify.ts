import type { Finished } from '../keys/command.js';
import { runPawl } from '../keys/command.js';
import { testSecret } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';

/** The report of `npm run audit -- verify --json`. */
export interface Report {
  ok: boolean;
  batches: number;
  events: number;
  pruned_through: number;
  head: string | null;
  waiting: { count: number; oldest_at: string | null };
  findings: { problem: string; from_batch: number; through_batch: number; explanation: string }[];
}

export function auditCommand(db: Pick<TestDatabase, 'url'>, args: string[], secrets = testSecret): Promise<Finished> {
  const env = { DATABASE_URL: db.url, AUTH_SECRET: secrets };
  return runPawl(['audit', ...args], { env });
}

export async function verify(
  db: Pick<TestDatabase, 'url'>,
  { head, secrets }: { head?: string; secrets?: string } = {},
): Promise<{ code: number; report: Report }> {
  const args = ['verify', '--json', ...(head === undefined ? [] : ['--head', head])];
  const { code, out, errors } = await auditCommand(db, args, secrets);
  if (errors !== '') throw new Error(errors);
  const report = JSON.parse(out) as Report;
  expect(code).toBe(report.findings.length === 0 ? 0 : 1);
  return { code, report };
}
