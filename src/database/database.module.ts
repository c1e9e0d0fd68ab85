import type { DynamicModule } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Database } from './database.js';
import { Notifications } from './notifications.js';
import { PeriodicJobs } from './periodic-job.js';
import { PrismaService } from './prisma.service.js';

/** Provides the migrated database to every feature. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: Database, useFactory: () => Database.open(config) },
        { provide: PrismaService, useFactory: (database: Database) => database.prisma, inject: [Database] },
        Notifications,
        PeriodicJobs,
      ],
      exports: [Database, Notifications, PeriodicJobs, PrismaService],
    };
  }
}
