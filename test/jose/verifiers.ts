import type { JsonWebKey } from 'node:crypto';
import { createPublicKey, createSecretKey } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JwtService } from '@nestjs/jwt';
import { AccessError } from '../../packages/nest/src/access-error.js';
import { JwtVerifier } from '../../packages/nest/src/verification/jwt-verifier.js';
import { KeySet } from '../../packages/nest/src/verification/key-set.js';
import type { Client } from '../../src/clients/client.js';
import { builtInClient } from '../../src/clients/client.js';
import { assertionAlgorithms, ClientJwks } from '../../src/clients/client-jwks.js';
import { Clock } from '../../src/common/clock.js';
import { ApiError } from '../../src/common/errors.js';
import { loadConfig } from '../../src/config/config.js';
import type { KeyCatchUp } from '../../src/keys/key-catch-up.js';
import type { SigningAlgorithm } from '../../src/keys/key-schedule.js';
import type { SigningKey } from '../../src/keys/signing-key.js';
import { signingAlgorithms } from '../../src/keys/signing-key.js';
import type { SigningKeys } from '../../src/keys/signing-keys.js';
import { ClientAssertions } from '../../src/oauth/client-assertions.js';
import type { UsedAssertions } from '../../src/oauth/used-assertions.js';
import { AccessTokens } from '../../src/tokens/access-token.js';
import { trustedKeyOf } from '../../src/tokens/token-header.js';
import { testEnv } from '../support/app.js';
import { afterThisTest } from '../support/cleanup.js';

export type Jwk = JsonWebKey & { kid?: string; alg?: string; use?: string; key_ops?: string[] };

/**
 * How far a JWS gets. The vectors of others are not tokens for us, so all are refused in the end: `claims` means that the
 * signature was accepted, and something after it was not.
 */
export type Refusal = 'claims' | 'signature';

/** One of our verifiers. */
export interface Verifier {
  name: string;
  /** The algorithms that it accepts. */
  algorithms: readonly string[];
  /** Takes these keys for the only ones. */
  verify(jws: string, keys: readonly Jwk[]): Promise<Refusal>;
}

const config = loadConfig({ ...testEnv, DATABASE_URL: 'postgres://localhost/none' });
const nobody = { issuer: 'https://auth.example.com', audience: 'https://api.example.com' };

/** The rules for headers that the vectors of others cannot keep, and which come before the others. */
const ownHeaderRules = ['typ is not at+jwt', 'no header with a kid', 'no key has that kid'];
/** What our kids look like. Those of the vectors do not. */
const ownKid = 'vector';

/**
 * The service's own AccessTokens. Only the `typ` and the `kid` of a header are replaced by ours where the other rules for
 * headers are applied. The signature is that of the vector, and so is all that is signed.
 */
class AccessTokensOfOthers extends AccessTokens {
  constructor(
    key: SigningKey,
    private readonly kidOfOthers: string | undefined,
  ) {
    const keys = { find: (kid: string) => (kid === ownKid ? key : undefined), isRevoked: () => false };
    const catchUp = { run: () => Promise.resolve() };
    super(new JwtService(), keys as unknown as SigningKeys, catchUp as unknown as KeyCatchUp, new Clock(), config);
  }

  override keyOf(token: string): SigningKey | Promise<SigningKey> {
    try {
      trustedKeyOf(token, { find: () => undefined, isRevoked: () => false });
    } catch (error) {
      if (!(error instanceof ApiError) || !ownHeaderRules.includes(error.privateDetail)) throw error;
    }
    return super.keyOf(this.withOwnHeader(token));
  }

  private withOwnHeader(token: string): string {
    const [header = '', ...rest] = token.split('.');
    const members = headerMembers(header);
    if (!members) return token;
    const kid = [undefined, this.kidOfOthers].includes(members.kid as string) ? ownKid : members.kid;
    return [encode({ ...members, typ: 'at+jwt', kid }), ...rest].join('.');
  }
}

function headerMembers(header: string): Record<string, unknown> | undefined {
  try {
    const members: unknown = JSON.parse(Buffer.from(header, 'base64url').toString());
    return typeof members === 'object' && !Array.isArray(members) && members !== null ? { ...members } : undefined;
  } catch {
    return undefined;
  }
}

const encode = (members: object) => Buffer.from(JSON.stringify(members)).toString('base64url');

/** What AccessTokens says once it has accepted the signature: its claims are checked by jsonwebtoken, then by our schema. */
const jsonwebtokenClaims = /^jwt (audience|issuer) invalid/;

async function verifyAccessToken(jws: string, keys: readonly Jwk[]): Promise<Refusal> {
  const verdicts = await Promise.all(
    keys.map(async (jwk) => {
      const key = toSigningKey(jwk);
      if (!key) return false;
      try {
        await new AccessTokensOfOthers(key, jwk.kid).verifyIgnoringExpiry(jws);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return jsonwebtokenClaims.test(error.privateDetail);
      }
      throw new Error('the vectors of others have another audience');
    }),
  );
  return verdicts.includes(true) ? 'claims' : 'signature';
}

function toSigningKey(jwk: Jwk): SigningKey | undefined {
  const algorithm = jwk.alg as SigningAlgorithm;
  if (!signingAlgorithms.includes(algorithm)) return undefined;
  const verifiesWith =
    jwk.kty === 'oct'
      ? createSecretKey(Buffer.from(jwk.k!, 'base64url'))
      : createPublicKey({ key: publicPart(jwk), format: 'jwk' });
  return { kid: ownKid, algorithm, verifiesWith, signsWith: undefined, publicJwk: undefined };
}

/** The service's own ClientAssertions, for a client whose keys an admin has registered. */
async function verifyAssertion(jws: string, keys: readonly Jwk[]): Promise<Refusal> {
  const { data: jwks } = ClientJwks.safeParse({ keys: keys.map(publicPart) });
  if (!jwks) return 'signature';
  const used = { isFirstUse: () => Promise.resolve(true) } as unknown as UsedAssertions;
  const client: Client = { ...builtInClient, id: 'a client', authMethod: 'private_key_jwt', jwks };
  const proof = await new ClientAssertions(used, new Clock(), config).prove(jws, client);
  if (proof.isProven) throw new Error('the vectors of others have another audience');
  // jose's own codes: those of a JWT are about its claims, which it looks at after the signature.
  return /^ERR_JWT_/.test(proof.detail ?? '') ? 'claims' : 'signature';
}

/** What @pawl/nest does in other services, with the keys that Pawl publishes. */
async function verifyInService(jws: string, keys: readonly Jwk[]): Promise<Refusal> {
  const uri = await publish({ keys: keys.map(publicPart) });
  try {
    await new JwtVerifier(new KeySet(uri), nobody).verify(jws);
  } catch (error) {
    // jose throws it for an RSA key that is too short. Pawl publishes none.
    if (error instanceof TypeError) return 'signature';
    if (!(error instanceof AccessError)) throw error;
    return /JWT (Claims Set|header value)/.test(error.privateDetail) ? 'claims' : 'signature';
  }
  throw new Error('the vectors of others have another audience');
}

function publicPart(jwk: Jwk): Jwk {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest } = jwk;
  return rest;
}

let published: object = {};
let server: Server | undefined;

/** Serves a JWKS for the rest of the test. */
async function publish(jwks: object): Promise<string> {
  published = jwks;
  if (!server) {
    const started = createServer((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(published)),
    );
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    server = started;
    afterThisTest(async () => {
      server = undefined;
      started.closeAllConnections();
      await new Promise((resolve) => started.close(resolve));
    });
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const accessTokens: Verifier = {
  name: 'src/tokens',
  algorithms: signingAlgorithms,
  verify: verifyAccessToken,
};
export const assertions: Verifier = {
  name: 'src/oauth/client-assertions',
  algorithms: assertionAlgorithms,
  verify: verifyAssertion,
};
export const otherServices: Verifier = {
  name: 'packages/nest',
  algorithms: ['ES256', 'RS256', 'PS256'],
  verify: verifyInService,
};
