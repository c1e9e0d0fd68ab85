import { OperatorError } from '../../common/operator-error.js';
import { timeInWords } from '../../common/time-in-words.js';
import { loadConfig, readEnvironment } from '../../config/config.js';
import { withDatabase } from '../../database/with-database.js';
import { describeStep, planRevocation, planRotation, planUpkeep } from '../../keys/key-plan.js';
import type { KeyPolicy } from '../../keys/key-schedule.js';
import { judgeKeys, keyPolicy } from '../../keys/key-schedule.js';
import { openKey } from '../../keys/signing-key.js';
import type { SigningKeyStore } from '../../keys/signing-key-store.js';
import { KeyRing } from '../../secrets/key-ring.js';
import { createSigningKeyStore } from '../services.js';
import type { Terminal } from '../terminal.js';
import { warningsTo } from '../terminal.js';
import { tabulateKeys } from './keys-table.js';

const usage = `Usage: npm run keys -- COMMAND
  list         shows every signing key, what it is now and what comes next
  rotate       makes a fresh key, which signs as soon as every verifier can know it
  revoke KID   the emergency: refuses every token under that key at once, on every instance`;

/** Runs one command of scripts/keys.mjs and resolves with the exit code of the process. docs/keys.md is for its users. */
export async function runKeysCommand(
  [command = '', kid, ...rest]: readonly string[],
  processEnv: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<number> {
  const complete = command === 'revoke' ? kid !== undefined : kid === undefined;
  if (!['list', 'rotate', 'revoke'].includes(command) || !complete || rest.length > 0) {
    terminal.stderr.write(`${usage}\n`);
    return 2;
  }
  const tell = (text: string) => void terminal.stdout.write(`${text}\n`);
  try {
    const config = loadConfig(readEnvironment(processEnv));
    const keyRing = new KeyRing(config.authSecrets);
    return await withDatabase(config, warningsTo(terminal), async (db) => {
      const store = createSigningKeyStore(db, keyRing);
      const policy = keyPolicy(config);
      if (command !== 'list') await refuseWrongSecret(store, keyRing);
      if (command === 'rotate') (await rotate(store, policy)).forEach(tell);
      if (command === 'revoke') (await revoke(store, policy, kid!)).forEach(tell);
      const { rows, now } = await store.read();
      tell(tabulateKeys(rows, now, keyRing));
      return 0;
    });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    terminal.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** What this command sealed under another secret than the service's would be of no use to the service. */
async function refuseWrongSecret(store: SigningKeyStore, keyRing: KeyRing): Promise<void> {
  const { rows, now } = await store.read();
  const { current } = judgeKeys(rows, now);
  if (!current || openKey(current, keyRing).fault !== 'unknown seal') return;
  throw new OperatorError(
    'AUTH_SECRET does not open the current signing key: run this with the settings of the service.',
  );
}

/** What was done, a sentence for each step. */
async function rotate(store: SigningKeyStore, policy: KeyPolicy): Promise<string[]> {
  const steps = await store.change(planRotation(policy), 'operator');
  return [...steps, ...(await store.settle(planUpkeep(policy)))].map(describeStep);
}

async function revoke(store: SigningKeyStore, policy: KeyPolicy, kid: string): Promise<string[]> {
  const steps = await store.change(planRevocation(policy, kid), 'operator');
  if (steps.length === 0) return [await explainNothing(store, kid)];
  return [...steps, ...(await store.settle(planUpkeep(policy)))].map(describeStep);
}

async function explainNothing(store: SigningKeyStore, kid: string): Promise<string> {
  const { rows, now } = await store.read();
  const revokedAt = rows.find((row) => row.kid === kid)?.revokedAt;
  if (revokedAt) return `Signing key ${kid} was revoked already, ${timeInWords(revokedAt, now)}.`;
  throw new OperatorError(`No key ${kid} is in use: "npm run keys -- list" shows those that are.`);
}
