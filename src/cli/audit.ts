import { parseArgs } from 'node:util';
import type { AuditFinding } from '../audit/seals/chain-walk.js';
import type { AuditReport, KeptHead } from '../audit/seals/verification.js';
import { verifyAuditTrail } from '../audit/seals/verification.js';
import { OperatorError } from '../common/operator-error.js';
import { loadConfig, readEnvironment } from '../config/config.js';
import { withDatabase } from '../database/with-database.js';
import { KeyRing } from '../secrets/key-ring.js';
import type { Terminal } from './terminal.js';
import { warningsTo } from './terminal.js';

const usage = `Usage: npm run audit -- verify [--head BATCH:DIGEST] [--json]
  verify   checks every audit event against the seals; exits with 1 when one was changed, removed or inserted
  --head   a head that an earlier verify or the log told: then also notices that the newest batches were removed
  --json   the report as one line of JSON`;

interface Call {
  kept?: KeptHead;
  json: boolean;
}

/** Runs one command of scripts/audit.mjs and resolves with the exit code of the process. docs/audit.md is for its users. */
export async function runAuditCommand(
  args: readonly string[],
  processEnv: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<number> {
  const call = parse(args);
  if (!call) {
    terminal.stderr.write(`${usage}\n`);
    return 2;
  }
  try {
    const config = loadConfig(readEnvironment(processEnv));
    const keyRing = new KeyRing(config.authSecrets);
    const report = await withDatabase(config, warningsTo(terminal), (db) => verifyAuditTrail(db, keyRing, call.kept));
    terminal.stdout.write(call.json ? `${JSON.stringify(toJson(report))}\n` : inWords(report));
    return report.findings.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    terminal.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Undefined for what is no call of ours. */
function parse(args: readonly string[]): Call | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { head: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    if (positionals.length !== 1 || positionals[0] !== 'verify') return undefined;
    if (values.head === undefined) return { json: values.json };
    const [, batch, digest] = /^([1-9]\d{0,17}):([0-9a-f]{64})$/.exec(values.head) ?? [];
    if (batch === undefined || digest === undefined) return undefined;
    return { json: values.json, kept: { batchId: BigInt(batch), digest: Buffer.from(digest, 'hex') } };
  } catch {
    return undefined; // parseArgs: an option that there is not
  }
}

function inWords({ findings, batches, events, prunedThrough, head, waiting }: AuditReport): string {
  const lines = [
    `${events} events in ${batches} sealed batches` +
      (prunedThrough > 0n ? `; those up to batch ${prunedThrough} are past AUDIT_RETENTION and deleted.` : '.'),
    `${waiting.count} events wait to be sealed${waiting.oldestAt ? `, since ${waiting.oldestAt.toISOString()}` : ''}.`,
    ...(head === undefined ? [] : [`Head: ${head}`]),
    ...findings.map((found) => `${batchesOf(found)}: ${found.problem}. ${found.explanation}`),
    verdict(findings.length),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function verdict(findings: number): string {
  if (findings === 0) return 'All is as it was sealed.';
  return `${findings} ${findings === 1 ? 'finding' : 'findings'}: see docs/audit.md.`;
}

function batchesOf({ fromBatch, throughBatch }: AuditFinding): string {
  return fromBatch === throughBatch ? `Batch ${fromBatch}` : `Batches ${fromBatch} to ${throughBatch}`;
}

function toJson({ findings, batches, events, prunedThrough, head, waiting }: AuditReport) {
  return {
    ok: findings.length === 0,
    batches,
    events,
    pruned_through: Number(prunedThrough),
    head: head ?? null,
    waiting: { count: waiting.count, oldest_at: waiting.oldestAt?.toISOString() ?? null },
    findings: findings.map(({ problem, fromBatch, throughBatch, explanation }) => ({
      problem,
      from_batch: Number(fromBatch),
      through_batch: Number(throughBatch),
      explanation,
    })),
  };
}
