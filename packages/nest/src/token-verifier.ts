import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AccessError } from './access-error.js';
import type { PawlSettings } from './options.js';
import { FeedFollower } from './revocation/feed-follower.js';
import { RevocationState } from './revocation/revocation-state.js';
import { SETTINGS } from './settings-token.js';
import { IntrospectionVerifier } from './verification/introspection-verifier.js';
import { JwtVerifier } from './verification/jwt-verifier.js';
import { KeySet } from './verification/key-set.js';
import type { VerifiedToken } from './verification/verified-token.js';
import { assertValidAt } from './verification/verified-token.js';

/** Tells whether an access token is Pawl's, not expired and not revoked. */
@Injectable()
export class TokenVerifier implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Pawl');
  private readonly tokens: JwtVerifier | IntrospectionVerifier;
  private readonly revocations: RevocationState | undefined;
  private readonly follower: FeedFollower | undefined;

  constructor(@Inject(SETTINGS) private readonly settings: PawlSettings) {
    const { address, jwksUri, issuer, audience, revocation, onStale, staleAfterSeconds } = settings;
    const expected = { issuer, audience };
    this.tokens =
      revocation.mode === 'introspection'
        ? new IntrospectionVerifier(address, revocation.client, expected)
        : new JwtVerifier(new KeySet(jwksUri), expected);
    if (revocation.mode === 'feed') {
      this.revocations = new RevocationState({ onStale, staleAfterMs: staleAfterSeconds * 1000 });
      this.follower = new FeedFollower(address, revocation.client, this.revocations);
    }
  }

  /** Starts to follow the feed. The service starts without waiting for it: Pawl may come up later. */
  onModuleInit(): void {
    const { revocation } = this.settings;
    if (revocation.mode === 'off' && !revocation.isChosen) {
      this.logger.warn('A revoked token is accepted until it expires. Set `revocation` to a client, or to off.');
    }
    this.follower?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.follower?.stop();
  }

  /** Whether each check asks Pawl. */
  get isIntrospecting(): boolean {
    return this.tokens instanceof IntrospectionVerifier;
  }

  /**
   * Returns a promise only if the token was not verified before, or is introspected. Throws `token_invalid`, `token_expired`,
   * `token_revoked` or `temporarily_unavailable`.
   */
  verify(text: string): VerifiedToken | Promise<VerifiedToken> {
    if (text === '') throw new AccessError('token_invalid', 'empty');
    const token = this.tokens.verify(text);
    return token instanceof Promise ? token.then((verified) => this.checked(verified)) : this.checked(token);
  }

  /**
   * Same as `verify` for a token that was verified a while ago: looks at the clock and at what the feed has said, so it can be
   * called for thousands of open connections. Throws `token_expired` or `token_revoked`.
   */
  assertStillValid(token: VerifiedToken): void {
    assertValidAt(Date.now(), token);
    if (this.revocations?.isRevoked(token)) throw new AccessError('token_revoked');
  }

  /** Calls `listener` after each revocation that the feed reports. */
  onRevoked(listener: () => void): void {
    this.revocations?.onRevoked(listener);
  }

  private checked(token: VerifiedToken): VerifiedToken | Promise<VerifiedToken> {
    const checking = this.revocations?.check(token);
    return checking instanceof Promise ? checking.then(() => token) : token;
  }
}
