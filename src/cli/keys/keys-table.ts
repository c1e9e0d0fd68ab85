import { timeInWords } from '../../common/time-in-words.js';
import type { SigningKey as SigningKeyRow } from '../../database/generated/client.js';
import { judgeKeys } from '../../keys/key-schedule.js';
import { keysWithStates } from '../../keys/key-states.js';
import { openKey } from '../../keys/signing-key.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import { formatTable, toSeconds } from '../table.js';

const headings = ['KID', 'STATE', 'ALGORITHM', 'SIGNS FROM', 'VERIFIES UNTIL', 'SEALED UNDER'];

/** The keys as a table for the operator, in the order in which they sign, and a sentence on what comes next. */
export function formatKeys(rows: readonly SigningKeyRow[], now: Date, keyRing: KeyRing): string {
  const cells = keysWithStates(rows, now).map(([row, state]) => [
    row.kid,
    state,
    row.algorithm,
    toSeconds(row.signsFrom),
    endOf(row),
    sealOf(row, keyRing),
  ]);
  const [first] = judgeKeys(rows, now).next;
  const change = first
    ? `Key ${first.kid} takes over ${timeInWords(first.signsFrom, now)}.`
    : 'There is no next key yet: a running service creates one.';
  return `${formatTable(headings, cells)}\n${change}`;
}

/** The same for programs. */
export function describeKeys(rows: readonly SigningKeyRow[], now: Date, keyRing: KeyRing) {
  return keysWithStates(rows, now).map(([row, state]) => ({
    kid: row.kid,
    state,
    algorithm: row.algorithm,
    signs_from: row.signsFrom.toISOString(),
    verifies_until: row.verifiesUntil?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    sealed_under: sealOf(row, keyRing),
  }));
}

function endOf({ verifiesUntil, revokedAt }: SigningKeyRow): string {
  if (revokedAt) return `${toSeconds(revokedAt)} (revoked)`;
  return verifiesUntil ? toSeconds(verifiesUntil) : '-';
}

/** Which value of AUTH_SECRET the key needs, and the operator must therefore keep. */
function sealOf(row: SigningKeyRow, keyRing: KeyRing): string {
  const { fault } = openKey(row, keyRing);
  if (fault === 'damaged') return 'damaged';
  if (fault === 'unknown seal') return 'an AUTH_SECRET value that is not set';
  const position = keyRing.ids.findIndex((id) => id.equals(row.sealKeyId)) + 1;
  return `AUTH_SECRET value ${position} of ${keyRing.ids.length}`;
}
