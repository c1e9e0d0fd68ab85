import { OperatorError } from '../common/operator-error.js';
import { splitDatabaseUrl } from '../config/database-url.js';

const defaultSchema = 'public';
const schemaName = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/**
 * The schema that holds Pawl's tables: `?schema=auth`, or `?options=-c search_path=auth`; `public` if the URL names none.
 * Throws an OperatorError if it names several.
 */
export function schemaOf(url: string): string {
  const { params } = splitDatabaseUrl(url);
  const asked = params.getAll('schema');
  const inOptions = [...(params.get('options') ?? '').matchAll(/(?:-c\s*|--)search_path=(\S+)/g)].map(
    ([, value]) => value!,
  );
  const names = new Set([...asked, ...inOptions].map((name) => name.replace(/^"(.*)"$/, '$1')));
  const [name = defaultSchema, ...others] = names;
  if (others.length > 0 || !schemaName.test(name)) {
    throw new OperatorError(
      `The database URL must name one schema, not ${[...names].join(' and ')}: use ?schema=NAME, and no search_path besides.`,
    );
  }
  return name;
}

/** What the database or the role may have set otherwise (ALTER ROLE ... SET), and Pawl relies on. */
const sessionSettings = {
  // Statements that race read again what another transaction has committed, and do not fail.
  default_transaction_isolation: 'read\\ committed',
  standard_conforming_strings: 'on',
  // The pool and the connection that listens are idle for as long as there is nothing to do.
  idle_session_timeout: '0',
  // The pool has its own time limits (pool-options.ts). Migrations may take long.
  idle_in_transaction_session_timeout: '0',
  statement_timeout: '0',
  lock_timeout: '0',
} as const;

/**
 * The URL for a session that shows times the way Pawl reads them, and finds its tables in the schema of the URL, whatever
 * the database, the role or the name of the role have set.
 */
export function sessionUrl(url: string, settings: Readonly<Record<string, string>> = {}): string {
  const { base, params } = splitDatabaseUrl(url);
  const wanted = {
    TimeZone: 'UTC',
    DateStyle: 'ISO',
    search_path: `"${schemaOf(url)}"`,
    ...sessionSettings,
    ...settings,
  };
  const options = Object.entries(wanted).map(([name, value]) => `-c ${name}=${value}`);
  // The last setting of a name counts.
  params.set('options', [params.get('options') ?? '', ...options].join(' ').trim());
  params.delete('schema');
  return `${base}?${params.toString()}`;
}

/** The URL of another database on the same server. */
export function withDatabaseName(url: string, name: string): string {
  const { base, params } = splitDatabaseUrl(url);
  const query = params.toString();
  return `${base.replace(/^([^/]*\/\/[^/]*).*$/, (_base, server: string) => `${server}/${name}`)}${query && `?${query}`}`;
}
