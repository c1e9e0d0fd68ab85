import type { DynamicModule } from '@nestjs/common';
import { ConfigurableModuleBuilder, Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { HandlerProtection } from './gateways/handler-protection.js';
import { HandshakeProtection } from './gateways/handshake-protection.js';
import { OpenSockets } from './gateways/open-sockets.js';
import type { PawlOptions } from './options.js';
import { settingsOf } from './options.js';
import { PawlGuard } from './pawl.guard.js';
import { ResourceMetadataRoute } from './resource-metadata.js';
import { SETTINGS } from './settings-token.js';
import { TokenVerifier } from './token-verifier.js';
import { AccessErrorFilter } from './transports/access-error.filter.js';
import { loadExceptionTypes } from './transports/exception-types.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<PawlOptions>({
  moduleName: 'Pawl',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createPawlOptions')
  .build();

type AsyncOptions = Parameters<typeof ConfigurableModuleClass.forRootAsync>[0];

/**
 * Closes every route, resolver, gateway and message handler of the application to callers without a valid access token of
 * Pawl. `@Public()`, `@Roles()`, `@Scopes()` and `@RequireAuth()` say otherwise. Import it once, in the root module.
 */
@Global()
@Module({
  providers: [
    {
      provide: SETTINGS,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: async (options: PawlOptions) => {
        await loadExceptionTypes();
        return settingsOf(options);
      },
    },
    HandlerProtection,
    HandshakeProtection,
    OpenSockets,
    PawlGuard,
    ResourceMetadataRoute,
    TokenVerifier,
    { provide: APP_GUARD, useExisting: PawlGuard },
    { provide: APP_FILTER, useClass: AccessErrorFilter },
  ],
  exports: [PawlGuard, TokenVerifier],
})
export class PawlModule {
  /** Throws an error that names the option if one is wrong. */
  static forRoot(options: PawlOptions): DynamicModule {
    settingsOf(options);
    return { ...ConfigurableModuleClass.forRoot(options), module: PawlModule };
  }

  /** With `useFactory`, `useClass` or `useExisting`; a class has the method `createPawlOptions()`. */
  static forRootAsync(options: AsyncOptions): DynamicModule {
    return { ...ConfigurableModuleClass.forRootAsync(options), module: PawlModule };
  }
}
