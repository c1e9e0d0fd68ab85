import { timeInWords } from '../common/time-in-words.js';
import type { PrismaService } from '../database/prisma.service.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import type { UsersService } from '../users/users.service.js';

/** Finds out from the tables why a verified access token is refused. Returns undefined if it is not. */
export async function findRevocation(
  db: PrismaService,
  users: Pick<UsersService, 'findCredentialsById'>,
  claims: AccessTokenClaims,
  now: Date,
): Promise<string | undefined> {
  return claims.user_id === undefined
    ? revocationOfService(db, claims)
    : ((await revocationOfSession(db, users, claims, now)) ?? revocationOfService(db, claims));
}

type UserClaims = Extract<AccessTokenClaims, { user_id: string }>;

async function revocationOfSession(
  db: PrismaService,
  users: Pick<UsersService, 'findCredentialsById'>,
  { user_id: userId, sid, epoch }: UserClaims,
  now: Date,
): Promise<string | undefined> {
  const user = await users.findCredentialsById(userId);
  if (!user) return 'Its user was deleted.';
  if (user.disabled) return 'Its user is disabled.';
  if (epoch < user.epoch) return 'It is from before the user’s role changed, or every session was signed out.';
  const session = await db.session.findUnique({
    where: { userId_id: { userId, id: sid } },
    select: { revokedAt: true, revokedReason: true },
  });
  if (!session) return 'Its session is gone.';
  if (!session.revokedAt) return undefined;
  return `Its session ended ${timeInWords(session.revokedAt, now)} (${session.revokedReason}).`;
}

/** A service's token is revoked by its `jti`, and every token of a deleted client by the client. */
async function revocationOfService(
  db: PrismaService,
  { client_id: clientId, jti }: AccessTokenClaims,
): Promise<string | undefined> {
  const entry = await db.revocation.findFirst({
    where: { OR: [{ clientId }, { sessionId: jti }] },
    select: { clientId: true },
  });
  if (!entry) return undefined;
  return entry.clientId === null ? 'It was revoked.' : 'Its client was deleted.';
}
