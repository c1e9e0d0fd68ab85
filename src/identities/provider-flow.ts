import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../common/clock.js';
import { KeyRing } from '../secrets/key-ring.js';
import { Sealer } from '../secrets/sealing.js';

/** How long a person has to sign in at the provider. */
export const flowTtlSeconds = 10 * 60;

const keyIdBytes = 4;
const context = 'flow';

const Flow = z.object({
  providerId: z.string(),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  /** Where the browser goes in the end. */
  returnTo: z.string(),
  /** Of an app that collects the sign-in with a one-time code (RFC 7636); without one, it ends in cookies. */
  codeChallenge: z.string().optional(),
  /** Seconds since 1970. */
  expiresAt: z.number(),
});

/** A sign-in at a provider, from its start to the callback. Only the browser that started it has it. */
export type ProviderFlow = z.infer<typeof Flow>;

/** The value of the cookie that binds a flow to its browser: sealed, so that nobody can make one or read one. */
@Injectable()
export class ProviderFlows {
  private readonly sealer: Sealer;

  constructor(
    private readonly clock: Clock,
    keyRing: KeyRing,
  ) {
    this.sealer = new Sealer(keyRing, 'providerFlow');
  }

  seal(flow: Omit<ProviderFlow, 'expiresAt'>): string {
    const text = JSON.stringify({ ...flow, expiresAt: this.clock.nowSeconds() + flowTtlSeconds });
    const { sealed, sealKeyId } = this.sealer.seal(Buffer.from(text), context);
    return Buffer.concat([sealKeyId, sealed]).toString('base64url');
  }

  /** Returns undefined if it is not ours, or expired. */
  open(value: string | undefined): ProviderFlow | undefined {
    if (value === undefined) return undefined;
    const bytes = Buffer.from(value, 'base64url');
    const flow = this.tryOpen({ sealKeyId: bytes.subarray(0, keyIdBytes), sealed: bytes.subarray(keyIdBytes) });
    return flow && this.clock.nowSeconds() < flow.expiresAt ? flow : undefined;
  }

  private tryOpen(value: { sealed: Buffer; sealKeyId: Buffer }): ProviderFlow | undefined {
    try {
      return Flow.safeParse(JSON.parse(this.sealer.open(value, context)?.toString() ?? 'null')).data;
    } catch {
      // Not sealed by us. AES-GCM says so by throwing.
      return undefined;
    }
  }
}
