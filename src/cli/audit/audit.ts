import type { AuditFinding } from '../../audit/seals/chain-walk.js';
import type { AuditReport, KeptHead } from '../../audit/seals/verification.js';
import { verifyAuditTrail } from '../../audit/seals/verification.js';
import { KeyRing } from '../../secrets/key-ring.js';
import type { CommandContext } from '../command-context.js';
import { withConfiguredDatabase } from '../configured-database.js';
import type { PawlCommand } from '../pawl-command.js';

/** `pawl audit`. docs/audit.md is for its users. */
export function defineAuditCommands(audit: PawlCommand, context: CommandContext): void {
  const verify = audit
    .command('verify')
    .description('check every audit event against the seals; exits with 1 if one was changed, removed or inserted')
    .option(
      '--head <BATCH:DIGEST>',
      'a head that was printed or logged earlier: also detects that the newest batches are missing',
    )
    .withJson()
    .action(async ({ head, json }: { head?: string; json: boolean }) => {
      const kept = head === undefined ? undefined : parseHead(head);
      if (head !== undefined && !kept) verify.error('--head must look like 42:3f2a..., as an earlier run printed it.');
      await verifyTrail(context, kept, json);
    });
}

async function verifyTrail(context: CommandContext, kept: KeptHead | undefined, json: boolean): Promise<void> {
  const report = await withConfiguredDatabase(context, (db, config) =>
    verifyAuditTrail(db, new KeyRing(config.authSecrets), kept),
  );
  if (json) context.printJson(toJson(report));
  else context.print(inWords(report));
  if (report.findings.length > 0) context.exitCode = 1;
}

/** Undefined if the text is not a head. */
function parseHead(text: string): KeptHead | undefined {
  const [, batch, digest] = /^([1-9]\d{0,17}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (batch === undefined || digest === undefined) return undefined;
  return { batchId: BigInt(batch), digest: Buffer.from(digest, 'hex') };
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
  return lines.join('\n');
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
