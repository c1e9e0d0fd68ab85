import { sourceFiles } from './source-files.js';

/** Mechanisms that exist once: what may be spelled in one file only, and which other files need it, and why. */
const mechanisms = [
  {
    name: 'work that repeats at an interval',
    pattern: /@Interval\b|@Cron\b|\bsetInterval\b/,
    owner: 'database/periodic-job.ts',
    exceptions: {
      'database/embedded/embedded-postgres.ts':
        'watches the files of the embedded server, which every query depends on',
      'oauth/feed/followers.ts': 'sends heartbeats on the connections of this instance; the database plays no part',
      'http/shutdown.ts': 'watches the connections of a server that is closing; the database plays no part',
    },
  },
  {
    name: 'an advisory lock that one instance at a time holds',
    pattern: /pg_try_advisory/,
    owner: 'database/periodic-job.ts',
    exceptions: {
      'database/embedded/service-lock.ts': 'held for as long as the service runs, on a connection of its own',
      'database/migrations/migrate.ts': 'taken at the start, before there is a pool',
    },
  },
  {
    name: 'a timer, which a job could set again and again',
    pattern: /(?<!import \{ )\bsetTimeout\b/,
    owner: 'database/outbox/outbox-worker.ts',
    exceptions: {
      'audit/event-queue.ts': 'waits once for more events of a batch',
      'database/notifications.ts': 'keeps one connection alive, and opens it again when it is lost',
      'health/readiness.ts': 'a time limit of one question to the database',
      'http/shutdown.ts': 'time limits of the end of the process',
      'sessions/revocation-log.ts': 'reads the table again after it could not',
    },
  },
  {
    name: 'leases of items that one instance delivers',
    pattern: /\bleased_by\s*=/i,
    owner: 'database/outbox/outbox-table.ts',
    exceptions: {},
  },
  {
    name: 'sealing of secrets',
    pattern: /\bcreateCipheriv\b|\bsubtle\.encrypt\b/,
    owner: 'secrets/sealing.ts',
    exceptions: {
      'passwords/foreign/firebase-hash.ts': 'Firebase hashes a password by encrypting with it: nothing is sealed',
    },
  },
  {
    name: 'keys that are derived from AUTH_SECRET',
    pattern: /\bhkdf(Sync)?\b/i,
    owner: 'secrets/key-ring.ts',
    exceptions: {},
  },
  {
    name: 'the start of a session',
    pattern: /\bsessions\??\.start\b/i,
    owner: 'auth/session-opening.ts',
    exceptions: {},
  },
  {
    name: 'the end of a sign-in: only it starts a session',
    pattern: /\bSessionOpening\b/,
    owner: 'auth/sign-in.ts',
    exceptions: {
      'auth/session-opening.ts': 'declares the class',
      'auth/auth.module.ts': 'provides it to the end of a sign-in',
    },
  },
  {
    name: 'the program pawl: its options and arguments',
    pattern: /from 'commander'|\bparseArgs\b|\bprocess\.argv\b/,
    owner: 'cli/program.ts',
    exceptions: {
      'cli/pawl-command.ts': 'builds the commands of the program',
      'main.ts': 'hands the arguments to the program',
    },
  },
  {
    name: 'the adapter of passport',
    pattern: /from '(@nestjs\/)?passport[\w-]*'/,
    owner: 'access/passport.guard.ts',
    exceptions: { 'access/access-token.strategy.ts': 'the one strategy' },
  },
];

describe.each(mechanisms)('$name', ({ pattern, owner, exceptions }) => {
  const users = sourceFiles()
    .filter(({ path, tree }) => !path.endsWith('.spec.ts') && pattern.test(tree.getText()))
    .map(({ path }) => path);

  it('has one home', () => {
    expect(users.filter((path) => path !== owner && !Object.hasOwn(exceptions, path))).toEqual([]);
  });

  it('has no exception that is no longer needed', () => {
    expect(Object.keys(exceptions).filter((path) => !users.includes(path))).toEqual([]);
  });
});
