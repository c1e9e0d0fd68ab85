import type { INestApplicationContext } from '@nestjs/common';
import { operator } from './admin/actor.js';
import { ClientAdministration } from './admin/client-administration.js';
import { CreateClient, toNewClient } from './admin/clients.schema.js';
import { assertKnownRole } from './admin/known-role.js';
import { UserAdministration } from './admin/user-administration.js';
import type { UpdateUser } from './admin/users.schema.js';
import { Clock } from './common/clock.js';
import type { Config } from './config/config.js';
import { CONFIG } from './config/config.module.js';
import { PeriodicJobs } from './database/periodic-job.js';
import { PrismaService } from './database/prisma.service.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { EmailAddress } from './users/email.js';
import { UsersService } from './users/users.service.js';

export interface NewTestUser {
  email: string;
  password: string;
  role: string;
  name?: string;
}

/** What tests do to a running service past its HTTP API. The names and the values are a contract with @pawl/nest/testing. */
export const testingCommands = {
  /** Moves the clock, and does what has become due, such as making the next signing key. */
  advance: async (app: INestApplicationContext, { seconds }: { seconds: number }) => {
    app.get(Clock).advanceSeconds(seconds);
    await app.get(PeriodicJobs).runAllNow();
  },

  /** With any password, however weak, and a confirmed address. */
  createUser: async (app: INestApplicationContext, { password, ...user }: NewTestUser) => {
    assertKnownRole(user.role, app.get<Config>(CONFIG));
    const email = EmailAddress.parse(user.email);
    const passwordHash = await app.get(PasswordHasher, anywhere).hash(password, { address: 'tests' });
    const created = await app
      .get(UsersService, anywhere)
      .createUnlessTaken({ ...user, email, emailVerified: true, passwordHash }, app.get(PrismaService));
    if (!created) throw new Error(`There is a user ${email} already.`);
    return { id: created.id, email };
  },

  changeUser: async (app: INestApplicationContext, { id, ...changes }: UpdateUser & { id: string }) => {
    await app.get(UserAdministration, anywhere).updateUser(id, changes, operator);
  },

  deleteUser: async (app: INestApplicationContext, { id }: { id: string }) => {
    await app.get(UserAdministration, anywhere).deleteUser(id, operator);
  },

  /** Ends every session of the user. */
  signOutUser: async (app: INestApplicationContext, { id }: { id: string }) => {
    await app.get(UserAdministration, anywhere).signOutUser(id, operator);
  },

  /** In the form of `POST /admin/clients`. */
  registerClient: async (app: INestApplicationContext, body: unknown) => {
    const client = toNewClient(CreateClient.parse(body));
    const created = await app.get(ClientAdministration, anywhere).create(client, operator);
    return { clientId: created.client.id, clientSecret: created.secret };
  },

  deleteClient: async (app: INestApplicationContext, { clientId }: { clientId: string }) => {
    await app.get(ClientAdministration, anywhere).remove(clientId, operator);
  },
} satisfies Record<string, (app: INestApplicationContext, input: never) => Promise<unknown>>;

const anywhere = { strict: false } as const;
