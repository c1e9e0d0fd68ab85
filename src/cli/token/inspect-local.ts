import { Clock } from '../../common/clock.js';
import type { Config } from '../../config/config.js';
import { loadConfig } from '../../config/config.js';
import type { PrismaService } from '../../database/prisma.service.js';
import type { StartLog } from '../../database/start-log.js';
import { withDatabase } from '../../database/with-database.js';
import { judgeKeys } from '../../keys/key-schedule.js';
import { openKey } from '../../keys/signing-key.js';
import type { StoredKeys } from '../../keys/signing-key-store.js';
import { KeyRing } from '../../secrets/key-ring.js';
import { describeRefreshToken, RefreshTokenInspection } from '../../sessions/refresh-token-inspection.js';
import { findRevocation } from '../../sessions/revocation-lookup.js';
import { SessionRows } from '../../sessions/session-rows.js';
import type { Expectations } from '../../tokens/inspect-access-token.js';
import { inspectAccessToken } from '../../tokens/inspect-access-token.js';
import type { KeySource, KnownKey } from '../../tokens/key-source.js';
import type { TokenReport } from '../../tokens/token-report.js';
import { UsersService } from '../../users/users.service.js';
import { createSigningKeyStore } from '../services.js';

/** Inspects a token with the settings and the database of the service. */
export async function inspectLocally(
  token: string,
  given: Expectations,
  environment: NodeJS.ProcessEnv,
  log: StartLog,
): Promise<TokenReport> {
  const config = loadConfig(environment);
  return withDatabase(config, log, (db) =>
    token.startsWith('pwl1_') ? inspectRefresh(token, config, db) : inspectAccess(token, given, config, db),
  );
}

async function inspectRefresh(token: string, config: Config, db: PrismaService): Promise<TokenReport> {
  const keyRing = new KeyRing(config.authSecrets);
  const rows = new SessionRows(db, new Clock(), keyRing, config);
  const inspected = await new RefreshTokenInspection(keyRing, rows, config).inspect(token);
  return describeRefreshToken(token, inspected, keyRing);
}

async function inspectAccess(
  token: string,
  given: Expectations,
  config: Config,
  db: PrismaService,
): Promise<TokenReport> {
  const keyRing = new KeyRing(config.authSecrets);
  const stored = await createSigningKeyStore(db, keyRing).read();
  const issuer = given.issuer ?? config.accessToken.issuer;
  const audience = given.audience ?? config.accessToken.audience;
  const source = storedKeySource(stored, keyRing);
  const { report, claims } = inspectAccessToken(token, source, { issuer, audience }, stored.now);
  const revocation = claims && (await findRevocation(db, new UsersService(db, new Clock()), claims, stored.now));
  if (revocation === undefined) return report;
  return { ...report, good: false, problems: [...report.problems, { code: 'revoked', message: revocation }] };
}

function storedKeySource({ rows, now }: StoredKeys, keyRing: KeyRing): KeySource {
  const { current, next, retired, gone, revoked } = judgeKeys(rows, now);
  const states: [KnownKey['state'], typeof rows][] = [
    ['current', current ? [current] : []],
    ['next', next],
    ['retired', retired],
    ['gone', gone],
    ['revoked', revoked],
  ];
  const keys = states.flatMap(([state, ofState]) =>
    ofState.map((row) => {
      const verifiesWith = openKey(row, keyRing).key?.verifiesWith;
      return [row.kid, { algorithm: row.algorithm, verifiesWith, state }] as const;
    }),
  );
  return { name: 'the database', keys: new Map(keys) };
}
