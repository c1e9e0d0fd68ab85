import { Inject, Injectable } from '@nestjs/common';
import type { AuditedStatement } from '../audit/audit-log.js';
import { Clock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PreparedStatement } from '../database/prepared-statement.js';
import { PrismaService } from '../database/prisma.service.js';
import { KeyRing } from '../secrets/key-ring.js';
import type { AuthenticationMethod } from '../tokens/authentication.js';
import type { RefreshToken } from './refresh-token.js';
import type { SessionState } from './rotation.js';
import { recordUse } from './shown-use.js';

/** What a token response needs of a session and its user: one row of one statement. */
export interface SessionWithUser {
  userId: string;
  sessionId: string;
  clientId: string;
  /** Scopes of its access tokens, separated by spaces; null for none. */
  scope: string | null;
  expiresAt: Date;
  email: string;
  name: string | null;
  role: string;
  epoch: number;
  emailVerified: boolean;
  userCreatedAt: Date;
  /** When and how the user signed in. */
  authenticatedAt: Date;
  methods: AuthenticationMethod[];
}

/** What a rotation or recovery writes: the child's hash and how the child was derived. */
export interface RotationStep {
  presentedHash: Uint8Array;
  childHash: Uint8Array;
  nonce: Uint8Array;
  keyId: Uint8Array;
}

/** What differs from one rotation to the next. */
type RotationValues = Omit<RefreshToken, 'secret'> & RotationStep & { clientId: string; offsetMs: number };

export const sessionWithUserColumns = Prisma.sql`
  s.user_id AS "userId", s.id AS "sessionId", s.client_id AS "clientId", s.scope, s.expires_at AS "expiresAt",
  coalesce(s.auth_time, s.created_at) AS "authenticatedAt", s.amr AS methods,
  u.email, u.name, u.role, u.epoch, u.email_verified AS "emailVerified", u.created_at AS "userCreatedAt"`;

/**
 * The ratchet's statements. Each write is one conditional UPDATE at READ COMMITTED, in a transaction of its own. It returns no
 * row if it lost a race; the caller then reads and judges again. Only the database compares times.
 */
@Injectable()
export class SessionRows {
  private readonly rotation: PreparedStatement<RotationValues, SessionWithUser>;

  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly keyRing: KeyRing,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rotation = this.prepareRotation();
  }

  /** Does `rotate` if this is the current token or its sibling, after the grace time. Otherwise returns undefined. */
  async rotate(token: RefreshToken, clientId: string, step: RotationStep): Promise<SessionWithUser | undefined> {
    const { userId, sessionId, generation, lane } = token;
    const { offsetMs } = this.clock;
    const values = { userId, sessionId, clientId, generation, lane, offsetMs, ...step };
    const [row] = await this.db.queryDirect(this.rotation, values);
    return row;
  }

  /** Does `recover`, and audits it, if the row still has the child that was read. That child becomes a sibling. */
  async recover(
    token: RefreshToken,
    clientId: string,
    step: RotationStep & { displacedHash: Uint8Array },
    audited: AuditedStatement,
  ): Promise<SessionWithUser | undefined> {
    const [row] = await this.db.$queryRaw<SessionWithUser[]>`
      WITH recovered AS (
        UPDATE sessions s
        SET token_hash = ${step.childHash}, sibling_hash = s.token_hash,
            rotation_nonce = ${step.nonce}, key_id = ${step.keyId}, parent_lane = ${token.lane},
            rotated_at = t.now, ${recordUse(Prisma.sql`t.now`)}
        FROM users u, ${timeOf(this.clock)}
        WHERE ${this.isLive({ ...token, clientId })}
          AND s.generation = ${token.generation + 1}::int
          AND s.token_hash = ${step.displacedHash}
        RETURNING ${sessionWithUserColumns}),
      audited AS (${audited.insertion(Prisma.sql`recovered`)})
      SELECT * FROM recovered`;
    return row;
  }

  /** Reads the row to be judged, with the database's time. */
  async read(token: RefreshToken): Promise<(SessionState & SessionWithUser) | undefined> {
    const [row] = await this.db.$queryRaw<(SessionState & SessionWithUser)[]>`
      SELECT ${sessionWithUserColumns}, ${databaseNow(this.clock)} AS "readAt", s.generation,
        s.token_hash AS "tokenHash", s.sibling_hash AS "siblingHash", s.rotation_nonce AS "rotationNonce",
        s.key_id AS "keyId", s.parent_lane AS "parentLane", s.rotated_at AS "rotatedAt", s.seen_at AS "seenAt",
        s.revoked_at AS "revokedAt", u.disabled AS "userDisabled"
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.user_id = ${token.userId}::uuid AND s.id = ${token.sessionId}::uuid`;
    return row;
  }

  private prepareRotation(): PreparedStatement<RotationValues, SessionWithUser> {
    const { graceSeconds } = this.config.sessions;
    return new PreparedStatement(
      (value) => Prisma.sql`
      UPDATE sessions s
      SET generation = s.generation + 1, token_hash = ${value.childHash}, sibling_hash = NULL,
          rotation_nonce = ${value.nonce}, key_id = ${value.keyId}, parent_lane = ${value.lane},
          rotated_at = t.now, ${recordUse(Prisma.sql`t.now`)}
      FROM users u, ${timeOf(value)}
      WHERE ${this.isLive(value)}
        AND s.generation = ${value.generation}::int
        AND (s.token_hash = ${value.presentedHash} OR s.sibling_hash = ${value.presentedHash})
        AND (s.rotated_at IS NULL OR greatest(t.now - s.rotated_at, interval '0') >= ${graceSeconds}::float8 * interval '1 second')
      RETURNING ${sessionWithUserColumns}`,
    );
  }

  /** The statement's condition for none of the verdicts `invalid`, `revoked`, `expired` and `unavailable` (rotation.ts). */
  private isLive({ userId, sessionId, clientId }: Record<'userId' | 'sessionId' | 'clientId', unknown>): Prisma.Sql {
    const knownKeys = Prisma.join([...this.keyRing.ids]);
    return Prisma.sql`s.user_id = ${userId}::uuid AND s.id = ${sessionId}::uuid
      AND u.id = s.user_id AND NOT u.disabled AND s.client_id = ${clientId}
      AND s.revoked_at IS NULL AND s.expires_at > t.now
      AND t.now - s.seen_at <= ${this.config.sessions.idleTtlSeconds}::float8 * interval '1 second'
      AND (s.key_id IS NULL OR s.key_id IN (${knownKeys}))`;
  }
}

/** Defines `t.now`, one instant for the whole statement. */
function timeOf(clock: { readonly offsetMs: unknown }): Prisma.Sql {
  return Prisma.sql`(SELECT ${databaseNow(clock)} AS now) t`;
}
