import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import type { Config } from '../config/config.js';
import { IdentitiesModule } from '../identities/identities.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { ClientAssertions } from './client-assertions.js';
import { ClientAuthentication } from './client-authentication.js';
import { Followers } from './feed/followers.js';
import { RevocationFeedController } from './feed/revocation-feed.controller.js';
import { RevocationFeed } from './feed/revocation-feed.js';
import { grantClasses, GrantRegistry } from './grants/registry.js';
import { Introspection } from './introspection.js';
import { JwksController } from './jwks.controller.js';
import { metadataControllerOf } from './metadata.controller.js';
import { OAuthController } from './oauth.controller.js';
import { ProviderTokensController } from './provider-tokens.controller.js';
import { ProviderTokensReading } from './provider-tokens.js';
import { Revocation } from './revocation.js';
import { TokenEndpoint } from './token-endpoint.js';
import { UsedAssertions } from './used-assertions.js';

@Module({
  imports: [
    AccessModule,
    AuditModule,
    ClientsModule,
    IdentitiesModule,
    KeysModule,
    LimitsModule,
    SessionsModule,
    TokensModule,
    UsersModule,
  ],
  controllers: [JwksController, OAuthController, ProviderTokensController, RevocationFeedController],
  providers: [
    ClientAssertions,
    ClientAuthentication,
    Followers,
    ...grantClasses,
    GrantRegistry,
    Introspection,
    ProviderTokensReading,
    Revocation,
    RevocationFeed,
    TokenEndpoint,
    UsedAssertions,
  ],
})
export class OAuthModule {
  static forRoot({ accessToken: { issuer } }: Config): DynamicModule {
    return { module: OAuthModule, controllers: [metadataControllerOf(issuer)] };
  }
}
