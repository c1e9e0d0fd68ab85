import type { JsonWebKey } from 'node:crypto';
import { createPublicKey, createSecretKey } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JwtService } from '@nestjs/jwt';
import type { JSONWebKeySet } from 'jose';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { AccessError } from '../../packages/nest/src/access-error.js';
import { hasOneSpelling } from '../../packages/nest/src/verification/compact-jws.js';
import { JwtVerifier } from '../../packages/nest/src/verification/jwt-verifier.js';
import { KeySet } from '../../packages/nest/src/verification/key-set.js';
import { assertionAlgorithms, ClientJwks } from '../../src/clients/client-jwks.js';
import { ApiError } from '../../src/common/errors.js';
import type { SigningAlgorithm } from '../../src/keys/key-schedule.js';
import type { SigningKey } from '../../src/keys/signing-key.js';
import { signingAlgorithms } from '../../src/keys/signing-key.js';
import { trustedKeyOf } from '../../src/tokens/token-header.js';
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

const nobody = { issuer: 'https://auth.example.com', audience: 'https://api.example.com' };

/** What jsonwebtoken says once it has accepted the signature. */
const jsonwebtokenClaims = /^jwt (audience|issuer) invalid/;

/** The service's own access tokens (src/tokens): the header by our code, the signature by @nestjs/jwt. */
async function verifyAccessToken(jws: string, keys: readonly Jwk[]): Promise<Refusal> {
  const known = keys.flatMap((jwk) => toSigningKey(jwk) ?? []);
  const found = { find: (kid: string) => known.find((key) => key.kid === kid), isRevoked: () => false };
  try {
    trustedKeyOf(jws, found);
    throw new Error('the vectors of others have another typ');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Rules of ours about the header, which come before the signature. The vectors know nothing of them.
    if (!['typ is not at+jwt', 'no header with a kid'].includes(error.privateDetail)) return 'signature';
  }
  const verdicts = known.map(({ verifiesWith, algorithm }) => {
    try {
      const publicKey = verifiesWith as unknown as Buffer;
      new JwtService().verify(jws, { publicKey, algorithms: [algorithm], ignoreExpiration: true, ...nobody });
      throw new Error('the vectors of others have another audience');
    } catch (error) {
      return error instanceof Error && jsonwebtokenClaims.test(error.message);
    }
  });
  return verdicts.includes(true) ? 'claims' : 'signature';
}

function toSigningKey(jwk: Jwk): SigningKey | undefined {
  const algorithm = jwk.alg as SigningAlgorithm;
  if (!signingAlgorithms.includes(algorithm)) return undefined;
  const verifiesWith =
    jwk.kty === 'oct'
      ? createSecretKey(Buffer.from(jwk.k!, 'base64url'))
      : createPublicKey({ key: publicPart(jwk), format: 'jwk' });
  return { kid: jwk.kid ?? '', algorithm, verifiesWith, signsWith: undefined, publicJwk: undefined };
}

/** Assertions of OAuth clients (src/oauth/client-assertions.ts), whose keys an admin registers. */
async function verifyAssertion(jws: string, keys: readonly Jwk[]): Promise<Refusal> {
  const { data: jwks } = ClientJwks.safeParse({ keys: keys.map(publicPart) });
  if (!jwks || !hasOneSpelling(jws)) return 'signature';
  return refusalOf(() =>
    jwtVerify(jws, createLocalJWKSet(jwks as JSONWebKeySet), { algorithms: [...assertionAlgorithms], ...nobody }),
  );
}

/** What @pawl/nest does in other services, with the keys that Pawl publishes. */
async function verifyInService(jws: string, keys: readonly Jwk[]): Promise<Refusal> {
  const uri = await publish({ keys: keys.map(publicPart) });
  return refusalOf(async () => new JwtVerifier(new KeySet(uri), nobody).verify(jws));
}

async function refusalOf(verifying: () => Promise<unknown>): Promise<Refusal> {
  try {
    await verifying();
  } catch (error) {
    if (error instanceof errors.JWTInvalid || error instanceof errors.JWTClaimValidationFailed) return 'claims';
    if (error instanceof errors.JOSEError || error instanceof TypeError) return 'signature';
    if (error instanceof AccessError)
      return /JWT (Claims Set|header value)/.test(error.privateDetail) ? 'claims' : 'signature';
    throw error;
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
