import { operator } from '../../admin/actor.js';
import { OperatorError } from '../../common/operator-error.js';
import type { FactorSummary } from '../../factors/second-factors.js';
import type { CommandContext } from '../command-context.js';
import { formatTable, toSeconds } from '../table.js';
import { findUser } from './find-user.js';
import type { JsonOption } from './print-users.js';
import type { UserServices } from './user-services.js';

const headings = ['ID', 'TYPE', 'NAME', 'CREATED', 'LAST USED'];

/** Shows the second factors of a user. */
export async function listFactors(
  services: UserServices,
  context: CommandContext,
  name: string,
  { json }: JsonOption,
): Promise<void> {
  const { id, email } = await findUser(services, name);
  const factors = await services.factors.listOf(id);
  const recoveryCodesLeft = await services.recoveryCodes.countOf(id);
  if (json) context.printJson({ factors: factors.map(toJson), recovery_codes_left: recoveryCodesLeft });
  else if (factors.length === 0) context.print(`${email} has no second factor.`);
  else context.print(`${formatFactors(factors)}\n${recoveryCodesLeft} recovery codes are left.`);
}

/** Removes every second factor of a user, who then signs in with the password alone. Ends every session. */
export async function resetFactors(
  services: UserServices,
  context: CommandContext,
  name: string,
  { yes, json }: JsonOption & { yes: boolean },
): Promise<void> {
  const { id, email } = await findUser(services, name);
  if (!yes) {
    throw new OperatorError(
      `This removes every second factor of ${email}. Make sure that the owner of the account asks for it, and add --yes.`,
    );
  }
  const removed = await services.factorReset().reset(id, operator);
  if (json) context.printJson({ removed });
  else context.print(`${removed} removed. ${email} is signed out everywhere, and needs the password alone.`);
}

function formatFactors(factors: readonly FactorSummary[]): string {
  const rows = factors.map(({ id, type, name, createdAt, lastUsedAt }) => {
    return [id, type, name ?? '', toSeconds(createdAt), lastUsedAt ? toSeconds(lastUsedAt) : 'never'];
  });
  return formatTable(headings, rows);
}

function toJson({ id, type, name, createdAt, lastUsedAt }: FactorSummary) {
  return { id, type, name, created_at: createdAt.toISOString(), last_used_at: lastUsedAt?.toISOString() ?? null };
}
