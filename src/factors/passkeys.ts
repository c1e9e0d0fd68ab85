import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';

/** More than a person has devices. */
export const maxPasskeys = 20;

/** A passkey as its row has it. */
export interface StoredPasskey {
  id: string;
  userId: string;
  credentialId: Uint8Array;
  publicKey: Uint8Array;
  signCount: bigint;
  transports: string[];
  /** It may be copied to further devices of its owner. */
  synced: boolean;
}

export interface NewPasskey extends Omit<StoredPasskey, 'id'> {
  name: string;
}

type Database = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>;

const columns = {
  id: true,
  userId: true,
  credentialId: true,
  publicKey: true,
  signCount: true,
  transports: true,
  synced: true,
} as const;

/** The stored passkeys of users. */
@Injectable()
export class Passkeys {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
  ) {}

  findByCredential(credentialId: Uint8Array): Promise<StoredPasskey | null> {
    return this.db.passkey.findUnique({ where: { credentialId: new Uint8Array(credentialId) }, select: columns });
  }

  listOf(userId: string): Promise<StoredPasskey[]> {
    return this.db.passkey.findMany({ where: { userId }, orderBy: { id: 'asc' }, select: columns });
  }

  async countOf(userId: string, db: Database): Promise<number> {
    const [row] = await db.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM passkeys WHERE user_id = ${userId}::uuid`;
    return row!.count;
  }

  /** Returns the id, or undefined if the credential is stored already, for anybody. */
  async insert(passkey: NewPasskey, db: Database): Promise<string | undefined> {
    const id = newId();
    const { userId, name, credentialId, publicKey, signCount, transports, synced } = passkey;
    const inserted = await db.$executeRaw`
      INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count, transports, synced, created_at)
      VALUES (${id}::uuid, ${userId}::uuid, ${name}, ${credentialId}, ${publicKey}, ${signCount}::bigint,
        ${transports}::text[], ${synced}, ${databaseNow(this.clock)})
      ON CONFLICT (credential_id) DO NOTHING`;
    return inserted === 1 ? id : undefined;
  }

  /**
   * Stores the counter of an accepted response. Returns false if the authenticator counts and the counter has not gone up:
   * then the passkey may have been copied (WebAuthn section 7.2, step 22), or the response was used before.
   */
  async use(id: string, signCount: bigint, db: Database): Promise<boolean> {
    const used = await db.$executeRaw`
      UPDATE passkeys SET sign_count = ${signCount}::bigint, last_used_at = ${databaseNow(this.clock)}
      WHERE id = ${id}::uuid AND (${signCount}::bigint > sign_count OR (${signCount}::bigint = 0 AND sign_count = 0))`;
    return used === 1;
  }
}
