import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import { isDirectFromLoopback } from '../common/loopback.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { equalBytes, sha256 } from '../secrets/bytes.js';

/**
 * Who may see how the service fares: whoever sends one of METRICS_TOKEN as a bearer token. Without that setting nobody in
 * production, and elsewhere who connects from this very machine.
 */
@Injectable()
export class OperatorAccess {
  private readonly tokenHashes: readonly Buffer[];

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.tokenHashes = config.metricsTokens.map((token) => sha256(Buffer.from(token)));
  }

  isGranted(request: FastifyRequest): boolean {
    if (this.tokenHashes.length === 0) return !this.config.production && isDirectFromLoopback(request);
    const presented = bearerOf(request);
    return presented !== undefined && this.isToken(presented);
  }

  /** Throws `token_missing` or `token_invalid`; `not_found` where no token would help. */
  require(request: FastifyRequest): void {
    if (this.isGranted(request)) return;
    if (this.tokenHashes.length === 0) throw new ApiError('not_found', 'METRICS_TOKEN is not set');
    throw new ApiError(bearerOf(request) === undefined ? 'token_missing' : 'token_invalid', 'METRICS_TOKEN');
  }

  /** Against every one of them, as hashes: the time tells neither which was nearly right nor how long it is. */
  private isToken(presented: string): boolean {
    const hash = sha256(Buffer.from(presented));
    return this.tokenHashes.filter((known) => equalBytes(known, hash)).length > 0;
  }
}

function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}
