import { Inject, Injectable } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { hasOneSpelling } from '#pawl/nest/verification/compact-jws.js';
import type { Client } from '../clients/client.js';
import { assertionAlgorithms } from '../clients/client-jwks.js';
import { Clock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { UsedAssertions } from './used-assertions.js';

/** An assertion is made for one request. One that lives longer could leak and be used. */
const maxLifetimeSeconds = 10 * 60;
/** How far a client's clock may differ. */
const toleranceSeconds = 30;

/** `detail` says why not: for the log, and never for the caller. */
export interface ClientProof {
  isProven: boolean;
  detail?: string;
}

/** Verifies client assertions: JWTs that a client signs with a key of its own (RFC 7523 section 3). */
@Injectable()
export class ClientAssertions {
  constructor(
    private readonly used: UsedAssertions,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whether the assertion proves that the client sent it. Each assertion is accepted once. */
  async prove(assertion: string, client: Client): Promise<ClientProof> {
    const { claims, detail } = await this.verifiedClaims(assertion, client);
    if (!claims) return { isProven: false, detail };
    const { exp, jti } = claims;
    if (typeof exp !== 'number' || typeof jti !== 'string') return refused('exp or jti is of another type');
    if (exp > this.clock.nowSeconds() + maxLifetimeSeconds + toleranceSeconds) return refused('it lives too long');
    const isFirstUse = await this.used.isFirstUse(client.id, jti, new Date((exp + toleranceSeconds) * 1000));
    return isFirstUse ? { isProven: true } : refused('it was used before');
  }

  /** There are no claims unless a registered key signed it, it is from the client and for us, and it is valid now. */
  private async verifiedClaims(
    assertion: string,
    { id, jwks }: Client,
  ): Promise<{ claims?: JWTPayload; detail?: string }> {
    if (!jwks || !hasOneSpelling(assertion)) return { detail: 'no key is registered, or not canonical base64url' };
    const { issuer } = this.config.accessToken;
    try {
      // Only registered keys count: `jwk`, `jku` and `x5u` of the header are never read, and the algorithm must fit
      // the kind of key (RFC 8725 sections 3.1 and 3.10).
      const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), {
        algorithms: [...assertionAlgorithms],
        issuer: id,
        subject: id,
        audience: issuer,
        requiredClaims: ['exp', 'jti'],
        clockTolerance: toleranceSeconds,
        currentDate: this.clock.now(),
      });
      return isForOnly(issuer, payload) ? { claims: payload } : { detail: 'it is for other audiences too' };
    } catch (error) {
      if (error instanceof errors.JOSEError) return { detail: `${error.code}: ${error.message}` };
      throw error;
    }
  }
}

function refused(detail: string): ClientProof {
  return { isProven: false, detail };
}

/** If an assertion named other audiences too, one of them could present it here. */
function isForOnly(issuer: string, { aud }: JWTPayload): boolean {
  return aud === issuer || (Array.isArray(aud) && aud.length === 1 && aud[0] === issuer);
}
