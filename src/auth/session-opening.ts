import { Injectable } from '@nestjs/common';
import type { Prisma } from '../database/generated/client.js';
import { Identities } from '../identities/identities.service.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import type { RevokingTransaction } from '../sessions/revoker.js';
import { Revoker } from '../sessions/revoker.js';
import type { SessionStart, SignInProof, StartedSession } from '../sessions/sessions.service.js';
import { Sessions } from '../sessions/sessions.service.js';
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
  ) {}

  /** Returns undefined if the user has changed since the proof. Throws what `spend` throws. */
  open(proof: SignInProof, start: ContinuedSignIn, spend?: SpendProof): Promise<StartedSession | undefined> {
    const { identity } = start;
    if (!spend && !identity) return this.sessions.start(proof, start);
    return this.revoker.inTransaction(async (revoking) => {
      const { db } = revoking;
      // Locks who is an admin before the row of the user, as every change of a role does.
      const role = identity && (await this.roles.newRoleOf(proof.userId, identity, db));
      await spend?.(db);
      const started = await this.sessions.start(proof, start, db);
      return started && identity ? this.record(started, { identity, role }, revoking) : started;
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

  private async record(
    started: StartedSession,
    { identity, role }: { identity: ProvenIdentity; role: string | undefined },
    revoking: RevokingTransaction,
  ): Promise<StartedSession> {
    const { userId } = started.session;
    const isConnected = await this.identities.recordUse(userId, identity, revoking.db);
    const changed = isConnected && role !== undefined && (await this.roles.replace(userId, role, identity, revoking));
    return changed ? { ...started, session: { ...started.session, ...changed } } : started;
  }
}
