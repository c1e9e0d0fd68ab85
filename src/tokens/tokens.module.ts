import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { KeysModule } from '../keys/keys.module.js';
import { AccessTokens } from './access-token.js';

@Module({
  // No secret here: each signature names its key (keys/signing-keys.ts).
  imports: [JwtModule.register({}), KeysModule],
  providers: [AccessTokens],
  exports: [AccessTokens],
})
export class TokensModule {}
