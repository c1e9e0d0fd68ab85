import type { PageQuery } from '../common/pagination.js';
import { Prisma } from '../database/generated/client.js';
import { selectList } from '../database/select-list.js';
import type { AdminUserRow } from './user.schema.js';
import { adminUserColumns } from './user.schema.js';

/** Among so many of the newest users a common text fills a page, without an index that would find all others as well. */
const newestRows = 20_000;
/** Follows every other character in the order of bytes, and is none itself. */
const lastCharacter = '\u{10FFFF}';
/** Shorter texts match beginnings only: an index of trigrams finds no parts of them. */
const partCharacters = { ascii: 3, other: 2 } as const;

/** Which users a list contains. Every value is compared exactly. */
export interface UserFilter {
  email?: string;
  role?: string;
  disabled?: boolean;
}

/**
 * Returns users whose address or name contains the text, in upper or lower case, newest first. No character is a wildcard. A
 * short text must be at the beginning: of less than three characters, or than two with one outside ASCII, as in Korean. It reads
 * few rows of a large table: a common text is found among the newest users, and an index finds the others. No text is left to the
 * planner's guess of how common it is.
 */
export async function searchUsers(
  text: string,
  { cursor, limit, ...filter }: PageQuery & UserFilter,
  db: Pick<Prisma.TransactionClient, '$queryRaw'>,
): Promise<AdminUserRow[]> {
  const matches = matchesOf(text);
  const before = cursor === undefined ? Prisma.sql`true` : Prisma.sql`id < ${cursor}::uuid`;
  const exact = exactMatch(filter);
  const newest = await db.$queryRaw<AdminUserRow[]>`
    SELECT ${columns} FROM (SELECT * FROM users WHERE ${before} ORDER BY id DESC LIMIT ${newestRows}::int) newest
    WHERE ${exact} AND (${Prisma.join(matches, ' OR ')})
    ORDER BY id DESC LIMIT ${limit}::int`;
  if (newest.length === limit) return newest;
  // One scan for each index. Materialized before they are ordered, or PostgreSQL may walk down the ids instead, in the hope to
  // meet enough of them soon.
  const scans = matches.map((match) => Prisma.sql`SELECT id FROM users WHERE ${before} AND ${exact} AND ${match}`);
  return db.$queryRaw`
    WITH found AS MATERIALIZED (${Prisma.join(scans, ' UNION ')})
    SELECT ${columns} FROM users WHERE id = ANY (ARRAY(SELECT id FROM found ORDER BY id DESC LIMIT ${limit}::int))
    ORDER BY id DESC`;
}

const columns = selectList(adminUserColumns);

function exactMatch({ email, role, disabled }: UserFilter): Prisma.Sql {
  return Prisma.join(
    [
      Prisma.sql`true`,
      ...(email === undefined ? [] : [Prisma.sql`email = ${email}`]),
      ...(role === undefined ? [] : [Prisma.sql`role = ${role}`]),
      ...(disabled === undefined ? [] : [Prisma.sql`disabled = ${disabled}`]),
    ],
    ' AND ',
  );
}

/** Conditions, each of which has an index (migrations user_search and user_search_of_beginnings). */
function matchesOf(text: string): Prisma.Sql[] {
  const isAscii = /^[\0-\x7f]*$/.test(text);
  if (Array.from(text).length < (isAscii ? partCharacters.ascii : partCharacters.other)) {
    return [Prisma.sql`lower(email)`, Prisma.sql`lower(name)`].map((column) => beginsWith(column, text));
  }
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  if (isAscii) return [Prisma.sql`email ILIKE ${pattern}`, Prisma.sql`name ILIKE ${pattern}`];
  // Every stored address is ASCII. The hexadecimal form also matches between two bytes, so the name itself is compared too; not
  // with ILIKE, because a plan for any text would then take the index of its trigrams, which may have none of these letters.
  const lowerText = Prisma.sql`lower(${text}::text)`;
  return [
    Prisma.sql`octet_length(name) <> char_length(name) AND strpos(lower(name), ${lowerText}) > 0
      AND ${hexOf(Prisma.sql`lower(name)`)} LIKE '%' || ${hexOf(lowerText)} || '%'`,
  ];
}

/** As in the index `users_name_bytes_search_idx`. */
function hexOf(text: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`encode(replace(${text}, '\\', '\\\\')::bytea, 'hex')`;
}

/** As a range, because LIKE uses an index only in a plan for one text. */
function beginsWith(column: Prisma.Sql, text: string): Prisma.Sql {
  const start = Prisma.sql`lower(${text}::text)`;
  return Prisma.sql`(${column} ~>=~ ${start} AND ${column} ~<~ (${start} || ${lastCharacter}))`;
}
