import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { operator } from '../../admin/actor.js';
import { UserAdministration } from '../../admin/user-administration.js';
import { UserCreation } from '../../admin/user-creation.js';
import type { UpdateUser } from '../../admin/users.schema.js';
import { Clock } from '../../common/clock.js';
import { ApiError } from '../../common/errors.js';
import { OperatorError } from '../../common/operator-error.js';
import type { Config } from '../../config/config.js';
import type { PrismaService } from '../../database/prisma.service.js';
import { EmailOutbox } from '../../emails/email-outbox.js';
import { MailOutbox } from '../../mail/mail-outbox.js';
import { CommonPasswords } from '../../passwords/common-passwords.js';
import { NewPasswords } from '../../passwords/new-passwords.js';
import { PasswordHasher } from '../../passwords/password-hasher.js';
import { UserRemoval } from '../../sessions/user-removal.js';
import { EmailAddress } from '../../users/email.js';
import type { AdminUserRow } from '../../users/user.schema.js';
import { DisplayName } from '../../users/user.schema.js';
import { UsersService } from '../../users/users.service.js';
import { readSecret } from '../secret-input.js';
import { createAuditLog, createRevoker } from '../services.js';
import type { Terminal } from '../terminal.js';
import { exportUsers } from './user-export.js';
import type { ImportCounts } from './user-import.js';
import { UserImport } from './user-import.js';
import { tabulateUsers } from './user-table.js';

/** A command line, taken apart. */
export interface Given {
  command: string;
  operands: string[];
  options: { limit: string; name?: string; role: string; verified: boolean; 'with-password-hashes': boolean };
}

interface Surroundings extends Given {
  config: Config;
  db: PrismaService;
  terminal: Terminal;
  folder: string;
}

interface UserCommand {
  /** Least and most. */
  operands: readonly [number, number];
  /** Resolves with the exit code. Throws ApiError or OperatorError for what the operator can put right. */
  run(given: Surroundings): Promise<number>;
}

export const userCommands: ReadonlyMap<string, UserCommand> = new Map<string, UserCommand>([
  ['list', { operands: [0, 1], run: list }],
  ['create', { operands: [1, 1], run: create }],
  ['role', { operands: [2, 2], run: (given) => change(given, { role: given.operands[1]! }) }],
  ['disable', { operands: [1, 1], run: (given) => change(given, { disabled: true }) }],
  ['enable', { operands: [1, 1], run: (given) => change(given, { disabled: false }) }],
  ['sign-out', { operands: [1, 1], run: signOut }],
  ['import', { operands: [0, 1], run: importFile }],
  ['export', { operands: [0, 0], run: exportAll }],
]);

const maxListed = 10_000;

async function list({ db, terminal, operands: [name], options }: Surroundings): Promise<number> {
  if (name !== undefined) {
    terminal.stdout.write(`${tabulateUsers([await find(db, name)])}\n`);
    return 0;
  }
  if (!/^\d{1,5}$/.test(options.limit) || Number(options.limit) < 1 || Number(options.limit) > maxListed) {
    throw new OperatorError(`--limit must be a whole number from 1 to ${maxListed}.`);
  }
  const limit = Number(options.limit);
  const { rows, nextCursor } = await new UsersService(db, new Clock()).pageForAdmin({ limit });
  terminal.stdout.write(`${tabulateUsers(rows)}\n`);
  if (nextCursor !== null) terminal.stdout.write('There are more: --limit shows them.\n');
  return 0;
}

async function create({ db, config, terminal, operands, options }: Surroundings): Promise<number> {
  const email = checked(EmailAddress, operands[0], 'This is no e-mail address.');
  const name = checked(DisplayName.optional(), options.name, 'A name has 1 to 200 characters.');
  // Before somebody types a password for nothing.
  if (!config.roles.includes(options.role)) throw unknownRole(config);
  const password = await readSecret(terminal, 'Password');
  const { role, verified: emailVerified } = options;
  const users = await userCreation(db, config);
  const user = await users.createUser({ email, password, name, role, emailVerified }, operator);
  terminal.stdout.write(`${tabulateUsers([user])}\n`);
  return 0;
}

async function change({ db, config, terminal, operands }: Surroundings, changes: UpdateUser): Promise<number> {
  if (changes.role !== undefined && !config.roles.includes(changes.role)) throw unknownRole(config);
  const { id } = await find(db, operands[0]!);
  const user = await userAdministration(db, config).updateUser(id, changes, operator);
  terminal.stdout.write(`${tabulateUsers([user])}\n`);
  return 0;
}

async function signOut({ db, config, terminal, operands }: Surroundings): Promise<number> {
  const { id, email } = await find(db, operands[0]!);
  await userAdministration(db, config).signOutUser(id, operator);
  terminal.stdout.write(`${email} is signed out everywhere.\n`);
  return 0;
}

async function importFile({ db, config, terminal, operands: [file], folder }: Surroundings): Promise<number> {
  const tell = (counts: ImportCounts) => terminal.stderr.write(`${describe(counts)}\n`);
  const clock = new Clock();
  const run = new UserImport(db, createAuditLog(db, clock), clock, config.roles, {
    bad: (line, reason) => void terminal.stderr.write(`line ${line}: ${reason}\n`),
    progress: tell,
  });
  try {
    const counts = await run.run(file === undefined ? terminal.stdin : createReadStream(resolve(folder, file)));
    tell(counts);
    return counts.bad === 0 ? 0 : 1;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (file === undefined || syscall === undefined || !['open', 'read'].includes(syscall)) throw error;
    throw new OperatorError(`${file} cannot be read: ${code}.`);
  }
}

async function exportAll({ db, terminal, options }: Surroundings): Promise<number> {
  const write = (text: string) => void terminal.stdout.write(text);
  const count = await exportUsers(db, createAuditLog(db, new Clock()), options['with-password-hashes'], write);
  terminal.stderr.write(`${count} users.\n`);
  return 0;
}

function describe({ lines, imported, present, bad }: ImportCounts): string {
  return `${lines} lines: ${imported} imported, ${present} there already, ${bad} bad`;
}

async function userCreation(db: PrismaService, config: Config): Promise<UserCreation> {
  const clock = new Clock();
  const newPasswords = new NewPasswords(await CommonPasswords.load(config.passwords.listFile), config);
  const passwords = await PasswordHasher.create(config.passwords);
  return new UserCreation(db, new UsersService(db, clock), newPasswords, passwords, createAuditLog(db, clock), config);
}

function userAdministration(db: PrismaService, config: Config): UserAdministration {
  const clock = new Clock();
  const audit = createAuditLog(db, clock);
  const users = new UsersService(db, clock);
  const revoker = createRevoker(db, clock, audit);
  const outbox = new EmailOutbox(new MailOutbox(db, clock, config));
  const removal = new UserRemoval(revoker, users, outbox, audit);
  return new UserAdministration(users, revoker, removal, audit, config);
}

/** By address or id. Throws `not_found`. */
async function find(db: PrismaService, name: string): Promise<AdminUserRow> {
  const id = z.guid().safeParse(name);
  const email = EmailAddress.safeParse(name);
  const where = id.success ? { id: id.data.toLowerCase() } : email.success ? { email: email.data } : undefined;
  const user = where && (await new UsersService(db, new Clock()).findForAdmin(where));
  if (!user) throw new ApiError('not_found', 'no such user');
  return user;
}

function checked<Output>(schema: z.ZodType<Output>, value: unknown, otherwise: string): Output {
  const { success, data } = schema.safeParse(value);
  if (!success) throw new OperatorError(otherwise);
  return data;
}

function unknownRole({ roles }: Config): OperatorError {
  return new OperatorError(`The role must be one of ${roles.join(', ')}.`);
}
