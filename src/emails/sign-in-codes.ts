import { createHmac, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { equalBytes } from '../secrets/bytes.js';
import type { DerivedKeys } from '../secrets/key-ring.js';
import { KeyRing } from '../secrets/key-ring.js';
import { currentState } from '../users/user-state.js';

const digits = 6;
const maxTries = 5;

/** What a row stores of a code. */
export interface StoredCode {
  codeHash: Uint8Array;
  codeKeyId: Uint8Array;
}

/**
 * The six digits beside the link of an email for signing in. They belong to the token of that link, and only those of the
 * newest email count.
 */
@Injectable()
export class SignInCodes {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly keys: KeyRing,
  ) {}

  /** Draws the code of a token. */
  draw(tokenHash: Uint8Array): { code: string; stored: StoredCode } {
    const code = String(randomInt(10 ** digits)).padStart(digits, '0');
    const { current } = this.keys;
    return { code, stored: { codeHash: hashOf(current, tokenHash, code), codeKeyId: current.id } };
  }

  /**
   * Counts a try for the newest email to this address. Returns the hash of its token if the code is right and not more than
   * four were tried before: on all instances together, a code dies with its fifth wrong try. Does not use the token up.
   * Where there is nothing to count, it writes and commits as much, so that the time does not reveal which addresses have an
   * account: a message in the write-ahead log, which nothing reads.
   */
  async tryCode(email: string, code: string): Promise<Uint8Array | undefined> {
    const [tried] = await this.db.$queryRaw<(StoredCode & { tokenHash: Uint8Array })[]>`
      WITH tried AS (
        UPDATE one_time_tokens SET code_tries = code_tries + 1
        WHERE code_tries < ${maxTries}::int AND code_hash IS NOT NULL AND token_hash = (
          SELECT t.token_hash FROM one_time_tokens t JOIN users u ON u.id = t.user_id
          WHERE u.email = ${email} AND t.email = u.email AND t.purpose = 'sign_in' AND NOT u.disabled
            AND t.expires_at > ${databaseNow(this.clock)} AND t.state_hash = ${currentState}
          ORDER BY t.created_at DESC, t.token_hash LIMIT 1)
        RETURNING token_hash, code_hash, code_key_id),
      instead AS (
        SELECT pg_logical_emit_message(true, 'pawl', repeat(' ', 128)) AS position
        WHERE NOT EXISTS (SELECT FROM tried))
      SELECT tried.token_hash AS "tokenHash", tried.code_hash AS "codeHash", tried.code_key_id AS "codeKeyId"
      FROM tried FULL JOIN instead ON true WHERE tried.token_hash IS NOT NULL OR instead.position IS NULL`;
    const keys = tried && this.keys.find(tried.codeKeyId);
    if (!keys || !equalBytes(hashOf(keys, tried.tokenHash, code), tried.codeHash)) return undefined;
    return tried.tokenHash;
  }
}

function hashOf({ emailCode }: DerivedKeys, tokenHash: Uint8Array, code: string): Buffer {
  return createHmac('sha256', emailCode).update(tokenHash).update(code).digest();
}
