import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Notifications } from '../database/notifications.js';
import { PrismaService } from '../database/prisma.service.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { Limiters } from '../limits/limiters.js';

export interface Checks {
  service: 'starting' | 'up' | 'draining';
  database: 'up' | 'down';
  /** Down: revocations are asked of the database, and readiness is degraded. */
  revocation_feed: 'up' | 'down';
  /** Down: each instance counts limits by itself, and readiness is degraded. */
  limits: 'up' | 'down';
}

/** Orchestrators give a probe one second by default: a database that has said nothing by then counts as down. */
const databasePatienceMs = 800;

/** What the service knows of its own state. */
@Injectable()
export class Readiness implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private service: Checks['service'] = 'starting';
  private asked: Promise<Checks['database']> | undefined;

  constructor(
    private readonly db: PrismaService,
    private readonly notifications: Notifications,
    private readonly limiters: Limiters,
  ) {}

  onApplicationBootstrap(): void {
    this.service = 'up';
  }

  beforeApplicationShutdown(): void {
    this.service = 'draining';
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

  /** Asks once for all who wait: probes of a database that says nothing must not take its connections from requests. */
  private async checkDatabase(): Promise<Checks['database']> {
    this.asked ??= this.askDatabase().finally(() => (this.asked = undefined));
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise<'down'>((resolve) => {
      timer = setTimeout(() => resolve('down'), databasePatienceMs);
    });
    try {
      return await Promise.race([this.asked, impatience]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async askDatabase(): Promise<Checks['database']> {
    try {
      await this.db.$queryRaw`SELECT 1`;
      return 'up';
    } catch (error) {
      if (isDatabaseUnavailable(error)) return 'down';
      throw error;
    }
  }
}
