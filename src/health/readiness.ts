import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Notifications } from '../database/notifications.js';
import { PrismaService } from '../database/prisma.service.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { Limiters } from '../limits/limiters.js';

export interface Checks {
  service: 'starting' | 'up' | 'draining';
  database: 'up' | 'down';
  /** Down: revocations are looked up in the database, and readiness is degraded. */
  revocation_feed: 'up' | 'down';
  /** Down: each instance counts limits separately, and readiness is degraded. */
  limits: 'up' | 'down';
}

/** Orchestrators give a probe one second by default. A database that has not responded by then counts as down. */
const databaseTimeoutMs = 800;

/** The state of this instance and of what it depends on. */
@Injectable()
export class Readiness implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private service: Checks['service'] = 'starting';
  private pendingCheck: Promise<Checks['database']> | undefined;

  constructor(
    private readonly db: PrismaService,
    private readonly notifications: Notifications,
    private readonly limiters: Limiters,
  ) {}

  onApplicationBootstrap(): void {
    this.service = 'up';
  }

  beforeApplicationShutdown(): void {
    this.startDraining();
  }

  /** From now on readiness is 503, so that proxies send no more requests here. Those that come are served. */
  startDraining(): void {
    this.service = 'draining';
  }

  get isDraining(): boolean {
    return this.service === 'draining';
  }

  async check(): Promise<Checks> {
    const [database, redisAnswers] = await Promise.all([this.checkDatabase(), this.limiters.redisAnswers()]);
    return {
      service: this.service,
      database,
      revocation_feed: this.notifications.healthy ? 'up' : 'down',
      limits: (redisAnswers ?? database === 'up') ? 'up' : 'down',
    };
  }

  /** All waiting probes share one query, so that probes of an unresponsive database take no connections from requests. */
  private async checkDatabase(): Promise<Checks['database']> {
    this.pendingCheck ??= this.queryDatabase().finally(() => (this.pendingCheck = undefined));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<'down'>((resolve) => {
      timer = setTimeout(() => resolve('down'), databaseTimeoutMs);
    });
    try {
      return await Promise.race([this.pendingCheck, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async queryDatabase(): Promise<Checks['database']> {
    try {
      await this.db.$queryRaw`SELECT 1`;
      return 'up';
    } catch (error) {
      if (isDatabaseUnavailable(error)) return 'down';
      throw error;
    }
  }
}
