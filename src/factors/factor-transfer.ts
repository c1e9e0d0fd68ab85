import type { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { OperatorError } from '../common/operator-error.js';
import type { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import type { KeyRing } from '../secrets/key-ring.js';
import type { SealedSecret } from '../secrets/sealing.js';
import { BrokenSeal, Sealer } from '../secrets/sealing.js';
import { contextOf } from './totp-secrets.js';

/** A passkey outside of the database. Bytes are base64url. */
export interface TransferredPasskey {
  name: string;
  credentialId: string;
  publicKey: string;
  signCount: number;
  transports: string[];
  synced: boolean;
}

/** The second factors of a user outside of the database, with their secrets. */
export interface TransferredFactors {
  /** The secret of an authenticator app that counts: 10 to 64 bytes. */
  totpSecret?: Uint8Array;
  passkeys: TransferredPasskey[];
  /** The hash of each recovery code that was not used, see `recoveryCodeHashes`. */
  recoveryCodeHashes: Uint8Array[];
}

type Database = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>;

/** Moves second factors from one system to another, for the operator's import and export. */
export class FactorTransfer {
  private readonly sealer: Sealer;

  constructor(
    private readonly clock: Clock,
    keyRing: KeyRing,
  ) {
    this.sealer = new Sealer(keyRing, 'totpSecret');
  }

  /** For a user whom the same transaction has inserted. Violates `passkeys_credential_id_key` if a passkey is stored already. */
  async insert(userId: string, { totpSecret, passkeys, recoveryCodeHashes }: TransferredFactors, db: Database) {
    const now = databaseNow(this.clock);
    if (totpSecret) {
      const id = newId();
      const { sealed, sealKeyId } = this.sealer.seal(totpSecret, contextOf(userId, id));
      await db.$executeRaw`
        INSERT INTO totp_secrets (id, user_id, secret_sealed, seal_key_id, created_at, confirmed_at)
        VALUES (${id}::uuid, ${userId}::uuid, ${sealed}, ${sealKeyId}, ${now}, ${now})`;
    }
    for (const { name, credentialId, publicKey, signCount, transports, synced } of passkeys) {
      await db.$executeRaw`
        INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count, transports, synced, created_at)
        VALUES (${newId()}::uuid, ${userId}::uuid, ${name}, ${Buffer.from(credentialId, 'base64url')},
          ${Buffer.from(publicKey, 'base64url')}, ${signCount}::bigint, ${transports}::text[], ${synced}, ${now})`;
    }
    for (const hash of recoveryCodeHashes) {
      await db.$executeRaw`
        INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES (${userId}::uuid, ${hash}, ${now})
        ON CONFLICT DO NOTHING`;
    }
  }

  /** The factors of these users, by id. Leaves out a secret that this AUTH_SECRET does not open; throws at a damaged one. */
  async read(userIds: readonly string[], db: Database): Promise<Map<string, TransferredFactors>> {
    const ids = [...userIds];
    const found = new Map<string, TransferredFactors>();
    const of = (userId: string) => {
      const factors = found.get(userId) ?? { passkeys: [], recoveryCodeHashes: [] };
      found.set(userId, factors);
      return factors;
    };
    const secrets = await db.$queryRaw<(SealedSecret & { id: string; userId: string })[]>`
      SELECT id, user_id AS "userId", secret_sealed AS sealed, seal_key_id AS "sealKeyId" FROM totp_secrets
      WHERE user_id = ANY (${ids}::uuid[]) AND confirmed_at IS NOT NULL`;
    for (const row of secrets) of(row.userId).totpSecret = this.open(row);
    const passkeys = await db.$queryRaw<(TransferredPasskey & { userId: string })[]>`
      SELECT user_id AS "userId", name, encode(credential_id, 'base64') AS "credentialId",
        encode(public_key, 'base64') AS "publicKey", sign_count::float8 AS "signCount", transports, synced
      FROM passkeys WHERE user_id = ANY (${ids}::uuid[]) ORDER BY id`;
    for (const { userId, ...passkey } of passkeys) {
      const [credentialId, publicKey] = [toBase64url(passkey.credentialId), toBase64url(passkey.publicKey)];
      of(userId).passkeys.push({ ...passkey, credentialId, publicKey });
    }
    const codes = await db.$queryRaw<{ userId: string; hash: Uint8Array }[]>`
      SELECT user_id AS "userId", code_hash AS hash FROM recovery_codes WHERE user_id = ANY (${ids}::uuid[])`;
    for (const { userId, hash } of codes) of(userId).recoveryCodeHashes.push(hash);
    return found;
  }

  private open({ userId, id, ...sealed }: { userId: string; id: string } & SealedSecret): Uint8Array | undefined {
    try {
      return this.sealer.open(sealed, contextOf(userId, id));
    } catch (error) {
      if (!(error instanceof BrokenSeal)) throw error;
      throw new OperatorError(
        `The authenticator app ${id} of user ${userId} is damaged in the database: restore that row, or remove it with DELETE FROM totp_secrets WHERE id = '${id}', then export again.`,
      );
    }
  }
}

function toBase64url(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url');
}
