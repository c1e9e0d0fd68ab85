import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OperatorError } from '../../common/operator-error.js';
import { packageFolder } from '../../common/package-folder.js';
import { Env } from '../../config/env.js';
import { readEnvironment } from '../../config/environment.js';
import { withEmbeddedPostgres } from '../../database/embedded/embedded-postgres.js';
import { startTemporaryCluster } from '../../database/embedded/temporary-cluster.js';
import { forgetFailure, migrate, withHistory } from '../../database/migrations/migrate.js';
import { readMigrations } from '../../database/migrations/migration-files.js';
import { writeMigration } from '../../database/migrations/new-migration.js';
import type { StartLog } from '../../database/start-log.js';
import { waitForDatabase } from '../../database/wait-for-database.js';
import type { CommandContext } from '../command-context.js';

/** Missing in an installed package and in the image. */
const sourceFolder = join(packageFolder, 'src');

/** The settings of the database. The others are not needed here. */
const Settings = Env.pick({
  DATABASE_URL: true,
  DATABASE_DIRECT_URL: true,
  DATABASE_START_TIMEOUT: true,
  DATA_DIR: true,
});

export interface JsonOption {
  json: boolean;
}

/** What the operator does with the database itself. */
export class DatabaseCommands {
  private readonly log: StartLog;

  constructor(private readonly context: CommandContext) {
    // Standard output has the result alone.
    const print = (line: string) => this.context.printError(line);
    this.log = { log: print, warn: print };
  }

  async deploy(options: JsonOption): Promise<void> {
    await this.withDatabase((url) => this.deployTo(url, options));
  }

  async retry(name: string, options: JsonOption): Promise<void> {
    await this.withDatabase(async (url) => {
      await forgetFailure(url, name);
      await this.deployTo(url, options);
    });
  }

  async showStatus(options: JsonOption): Promise<void> {
    const migrations = await readMigrations();
    await this.withDatabase((url) =>
      withHistory(url, migrations, async (_client, { applied, edited, pending, unfinished, unknown }) => {
        if (pending.length + unfinished.length + edited.length > 0) this.context.exitCode = 1;
        if (this.context.json(options, { applied, edited, pending, failed: unfinished, unknown })) return;
        for (const name of applied)
          this.context.print(`applied   ${name}${edited.includes(name) ? ' (edited since)' : ''}`);
        for (const name of pending) this.context.print(`pending   ${name}`);
        for (const { name, reason } of unfinished) this.context.print(`failed    ${name} (${reason})`);
        for (const name of unknown) this.context.print(`unknown   ${name} (applied by newer code)`);
      }),
    );
  }

  async writeMigration(name: string): Promise<void> {
    if (!existsSync(sourceFolder))
      throw new OperatorError('Migrations are written in a checkout of Pawl, and this is a package.');
    const file = await this.withShadowServer((url) => writeMigration(url, name, new Date()));
    this.context.print(
      file ? `Read it, then commit it: ${file}` : 'The migrations and schema.prisma agree: there is nothing to write.',
    );
  }

  private async deployTo(url: string, options: JsonOption): Promise<void> {
    const { applied } = await migrate(url, this.log);
    if (this.context.json(options, { applied })) return;
    this.context.print(`The database is up to date with ${applied.length} migrations.`);
  }

  private async withDatabase(use: (url: string) => Promise<void>): Promise<void> {
    const { directUrl, dataDir, startTimeoutSeconds } = this.readSettings();
    if (!directUrl) return withEmbeddedPostgres(dataDir, this.log, use);
    await waitForDatabase(directUrl, startTimeoutSeconds, this.log);
    return use(directUrl);
  }

  /** Lends a temporary server for the shadow database, or the configured one if this system has no embedded PostgreSQL. */
  private async withShadowServer<Result>(use: (url: string) => Promise<Result>): Promise<Result> {
    const { directUrl } = this.readSettings();
    const shadow = await startTemporaryCluster().catch((error: unknown) => {
      if (directUrl && error instanceof OperatorError) return { url: directUrl, destroy: async () => undefined };
      throw error;
    });
    try {
      return await use(shadow.url);
    } finally {
      await shadow.destroy();
    }
  }

  private readSettings() {
    const given = Object.entries(readEnvironment(this.context.processEnv)).filter(([, value]) => value !== '');
    const { data: env, error } = Settings.safeParse(Object.fromEntries(given));
    if (!env) {
      throw new OperatorError(error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'));
    }
    return {
      directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
      dataDir: resolve(env.DATA_DIR),
      startTimeoutSeconds: env.DATABASE_START_TIMEOUT,
    };
  }
}
