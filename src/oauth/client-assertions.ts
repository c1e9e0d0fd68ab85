import { Inject, Injectable } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { Client } from '../clients/client.js';
import { assertionAlgorithms } from '../clients/client-jwks.js';
import { Clock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { UsedAssertions } from './used-assertions.js';

/** An assertion is made for one request; what lives longer could be found somewhere and used. */
const maxLifetimeSeconds = 10 * 60;
/** By how much a client's clock may be off. */
const toleranceSeconds = 30;

/** Verifies client assertions: JWTs that a client signs with a key of its own (RFC 7523 section 3). */
@Injectable()
export class ClientAssertions {
  constructor(
    private readonly used: UsedAssertions,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whether it proves that the client sent it. A good one does so once. */
  async prove(assertion: string, client: Client): Promise<boolean> {
    const claims = await this.verifiedClaims(assertion, client);
    if (!claims) return false;
    const { exp, jti } = claims;
    if (typeof exp !== 'number' || typeof jti !== 'string') return false;
    if (exp > this.clock.nowSeconds() + maxLifetimeSeconds + toleranceSeconds) return false;
    return this.used.isFirstUse(client.id, jti, new Date((exp + toleranceSeconds) * 1000));
  }

  /** Undefined unless signed by a registered key, for us, by and about the client, and neither old nor of the future. */
  private async verifiedClaims(assertion: string, { id, jwks }: Client): Promise<JWTPayload | undefined> {
    if (!jwks) return undefined;
    const { issuer } = this.config.accessToken;
    try {
      // The keys are those that an admin registered: `jwk`, `jku` and `x5u` of the header are never looked at, and the
      // algorithm has to be one of the key's own kind (RFC 8725 sections 3.1 and 3.10).
      const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), {
        algorithms: [...assertionAlgorithms],
        issuer: id,
        subject: id,
        audience: issuer,
        requiredClaims: ['exp', 'jti'],
        clockTolerance: toleranceSeconds,
        currentDate: this.clock.now(),
      });
      return isForOnly(issuer, payload) ? payload : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

/** An assertion that names others too could be presented here by one of those. */
function isForOnly(issuer: string, { aud }: JWTPayload): boolean {
  return aud === issuer || (Array.isArray(aud) && aud.length === 1 && aud[0] === issuer);
}
