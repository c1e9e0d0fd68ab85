import { Injectable } from '@nestjs/common';
import type { Prisma } from '../database/generated/client.js';
import { Identities } from '../identities/identities.service.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import type { RevokingTransaction } from '../sessions/revoker.js';
import { Revoker } from '../sessions/revoker.js';
import type { SessionStart, SignInProof, StartedSession } from '../sessions/sessions.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import { ProviderRoles } from './provider-roles.js';
import type { ContinuedSignIn } from './second-factor-challenge.js';

/** Uses up what was proven, such as a code. Throws if it was used before. */
export type SpendProof = (db: Prisma.TransactionClient) => Promise<void>;

/**
 * Starts the session of a sign-in that is complete. In the same transaction, the proof is used up, and what another provider
 * has said of the user takes effect: so an unfinished sign-in changes nothing.
 */
@Injectable()
export class SessionOpening {
  constructor(
    private readonly sessions: Sessions,
    private readonly revoker: Revoker,
    private readonly identities: Identities,
    private readonly roles: ProviderRoles,
    private readonly users: UsersService,
  ) {}

  /**
   * Returns undefined if the user has changed since the proof, or has disconnected the identity that it comes from. Throws what
   * `spend` throws.
   */
  open(proof: SignInProof, start: ContinuedSignIn, spend?: SpendProof): Promise<StartedSession | undefined> {
    const { identity } = start;
    if (!spend && !identity) return this.sessions.start(proof, start);
    return this.revoker.inTransaction(async (revoking) => {
      const { db } = revoking;
      // Locks who is an admin before the row of the user, as every change of a role does.
      const role = identity && (await this.roles.newRoleOf(proof.userId, identity, db));
      const identityId = identity && (await this.connectionOf(proof.userId, identity, db));
      // Before anything is used up or audited.
      if (identity && identityId === undefined) return undefined;
      await spend?.(db);
      const started = await this.sessions.start(proof, start, db);
      if (!started || !identity || identityId === undefined) return started;
      await this.identities.recordUse(proof.userId, identityId, identity, db);
      return role === undefined ? started : this.withRole(started, role, identity, revoking);
    });
  }

  /** For a user whom the transaction `db` has just created, as its last statement. */
  openForNewUser(
    proof: SignInProof,
    start: SessionStart,
    db: Prisma.TransactionClient,
  ): Promise<StartedSession | undefined> {
    return this.sessions.start(proof, start, db);
  }

  /** The id of the connection. It locks the user, as a disconnection does, so that it holds until the commit. */
  private async connectionOf(
    userId: string,
    identity: ProvenIdentity,
    db: Prisma.TransactionClient,
  ): Promise<string | undefined> {
    await this.users.lock(userId, db);
    return (await this.identities.findOwn(userId, identity, db))?.id;
  }

  private async withRole(
    started: StartedSession,
    role: string,
    identity: ProvenIdentity,
    revoking: RevokingTransaction,
  ): Promise<StartedSession> {
    const changed = await this.roles.replace(started.session.userId, role, identity, revoking);
    return changed ? { ...started, session: { ...started.session, ...changed } } : started;
  }
}
