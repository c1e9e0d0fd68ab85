import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AccessError } from './access-error.js';
import type { AccessRules } from './access-rules.js';
import { accessRulesOf } from './access-rules.js';
import { assertAdmitted } from './authorization.js';
import { setCaller } from './caller.js';
import { OpenSockets } from './gateways/open-sockets.js';
import type { PawlSettings } from './options.js';
import type { Principal } from './principal.js';
import { metadataChallenge } from './resource-metadata.js';
import { SETTINGS } from './settings-token.js';
import { TokenVerifier } from './token-verifier.js';
import { refusalFor } from './transports/refusal.js';
import { sentToken } from './transports/sent-token.js';
import type { VerifiedToken } from './verification/verified-token.js';

/**
 * Deny by default, on every transport: a call needs a valid access token of Pawl, unless its handler is `@Public()`, and the
 * caller must be one that the decorators admit.
 */
@Injectable()
export class PawlGuard implements CanActivate {
  private readonly logger = new Logger('Pawl');
  private readonly challengeParameters: string;

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly sockets: OpenSockets,
    @Inject(SETTINGS) settings: PawlSettings,
  ) {
    this.challengeParameters = metadataChallenge(settings);
  }

  /**
   * For guards of tests: admits this caller if the decorators do, and otherwise throws what the real guard throws. The caller
   * is undefined if nobody is signed in.
   */
  static admitCaller(context: ExecutionContext, caller: Principal | undefined): true {
    const rules = accessRulesOf(context);
    if (rules.isPublic) return true;
    try {
      if (!caller) throw new AccessError('token_missing');
      assertAdmitted(caller, rules, Math.floor(Date.now() / 1000));
    } catch (error) {
      throw error instanceof AccessError ? refusalFor(context, error) : error;
    }
    setCaller(context, caller);
    return true;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rules = accessRulesOf(context);
    if (rules.isPublic) return true;
    try {
      const token = this.authenticate(context);
      if (!(token instanceof Promise)) return this.admit(context, rules, token);
      return token
        .then((verified) => this.admit(context, rules, verified))
        .catch((error: unknown) => {
          throw this.refusal(context, error);
        });
    } catch (error) {
      throw this.refusal(context, error);
    }
  }

  private authenticate(context: ExecutionContext): VerifiedToken | Promise<VerifiedToken> {
    const sent = sentToken(context);
    if (sent === undefined) throw new AccessError('token_missing');
    return this.verifier.verify(sent);
  }

  private admit(context: ExecutionContext, rules: AccessRules, token: VerifiedToken): true {
    assertAdmitted(token.principal, rules, Math.floor(Date.now() / 1000));
    setCaller(context, token.principal);
    this.sockets.watchSubscription(context, token);
    return true;
  }

  private refusal(context: ExecutionContext, error: unknown): unknown {
    if (!(error instanceof AccessError)) return error;
    const { code, privateDetail } = error;
    if (code === 'temporarily_unavailable') this.logger.warn(privateDetail);
    else this.logger.debug(`refused: ${code}: ${privateDetail}`);
    return refusalFor(context, error, this.challengeParameters);
  }
}
