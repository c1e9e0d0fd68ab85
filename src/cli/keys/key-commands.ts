import { OperatorError } from '../../common/operator-error.js';
import { timeInWords } from '../../common/time-in-words.js';
import type { Config } from '../../config/config.js';
import type { PrismaService } from '../../database/prisma.service.js';
import type { KeyPlanner } from '../../keys/key-plan.js';
import { describeStep, planRevocation, planRotation, planUpkeep } from '../../keys/key-plan.js';
import type { KeyPolicy } from '../../keys/key-schedule.js';
import { judgeKeys, keyPolicy } from '../../keys/key-schedule.js';
import { openKey } from '../../keys/signing-key.js';
import type { SigningKeyStore } from '../../keys/signing-key-store.js';
import { KeyRing } from '../../secrets/key-ring.js';
import type { CommandContext } from '../command-context.js';
import { createSigningKeyStore } from '../services.js';
import { describeKeys, formatKeys } from './keys-table.js';

/** What the operator does with the signing keys. Each command ends with the list of keys. */
export class KeyCommands {
  private readonly keyRing: KeyRing;
  private readonly store: SigningKeyStore;
  private readonly policy: KeyPolicy;
  /** What was done, a sentence for each step. */
  private readonly steps: string[] = [];

  constructor(
    db: PrismaService,
    config: Config,
    private readonly context: CommandContext,
    private readonly json: boolean,
  ) {
    this.keyRing = new KeyRing(config.authSecrets);
    this.store = createSigningKeyStore(db, this.keyRing);
    this.policy = keyPolicy(config);
  }

  async list(): Promise<void> {
    const { rows, now } = await this.store.read();
    if (this.json) {
      this.context.printJson({ steps: this.steps, keys: describeKeys(rows, now, this.keyRing) });
      return;
    }
    this.context.print([...this.steps, formatKeys(rows, now, this.keyRing)].join('\n'));
  }

  async rotate(): Promise<void> {
    await this.assertSecret();
    await this.change(planRotation(this.policy));
    await this.list();
  }

  async revoke(kid: string): Promise<void> {
    await this.assertSecret();
    const changed = await this.change(planRevocation(this.policy, kid));
    if (!changed) this.steps.push(await this.explainNoChange(kid));
    await this.list();
  }

  /** Throws an OperatorError if the service could not open a key that this command would seal. */
  private async assertSecret(): Promise<void> {
    const { rows, now } = await this.store.read();
    const { current } = judgeKeys(rows, now);
    if (!current || openKey(current, this.keyRing).fault !== 'unknown seal') return;
    throw new OperatorError(
      'AUTH_SECRET does not open the current signing key: run this with the settings of the service.',
    );
  }

  /** Returns false if there was nothing to change. */
  private async change(planner: KeyPlanner): Promise<boolean> {
    const steps = await this.store.change(planner, 'operator');
    if (steps.length === 0) return false;
    steps.push(...(await this.store.settle(planUpkeep(this.policy))));
    this.steps.push(...steps.map(describeStep));
    return true;
  }

  private async explainNoChange(kid: string): Promise<string> {
    const { rows, now } = await this.store.read();
    const revokedAt = rows.find((row) => row.kid === kid)?.revokedAt;
    if (revokedAt) return `Signing key ${kid} was revoked already, ${timeInWords(revokedAt, now)}.`;
    throw new OperatorError(`No key ${kid} is in use: "pawl keys list" shows those that are.`);
  }
}
