/**
 * better-auth as its installation page sets it up: a `pg.Pool`, email and password, its own Node.js handler. It has no refresh
 * tokens; a session is extended when it is read, once a day by default and at each read with RENEW_ALWAYS=1.
 */
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import pg from 'pg';

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${process.env.PORT}`,
  secret: 'a secret of the bench with more than 32 characters',
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL }),
  emailAndPassword: { enabled: true },
  // Everything comes from one address here.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  ...(process.env.RENEW_ALWAYS ? { session: { updateAge: 0 } } : {}),
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

createServer(toNodeHandler(auth)).listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
