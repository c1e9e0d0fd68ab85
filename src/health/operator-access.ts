import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import { isDirectFromLoopback } from '../common/loopback.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { equalBytes, sha256 } from '../secrets/bytes.js';

/**
 * Decides who may see metrics and the details of readiness: callers that send one of METRICS_TOKEN as a bearer token. If it is
 * not set: nobody in production, and elsewhere callers on this machine.
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

  /** Throws `token_missing` or `token_invalid`, or `not_found` if no token would help. */
  assertGranted(request: FastifyRequest): void {
    if (this.isGranted(request)) return;
    if (this.tokenHashes.length === 0) throw new ApiError('not_found', 'METRICS_TOKEN is not set');
    throw new ApiError(bearerOf(request) === undefined ? 'token_missing' : 'token_invalid', 'METRICS_TOKEN');
  }

  /** Compares hashes with every token, so that the time reveals neither a near match nor a length. */
  private isToken(presented: string): boolean {
    const hash = sha256(Buffer.from(presented));
    return this.tokenHashes.filter((known) => equalBytes(known, hash)).length > 0;
  }
}

function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}
