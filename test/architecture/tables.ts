import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './source-files.js';
import { walk } from './source-files.js';

/** A model of prisma/schema.prisma. */
interface Model {
  table: string;
  /** Fields that lead to another model, with its name. */
  relations: ReadonlyMap<string, string>;
}

/** The folder of src/ that alone reads and writes each table. */
export const owners: Readonly<Record<string, string>> = {
  audit_batches: 'audit',
  audit_events: 'audit',
  client_assertions: 'oauth',
  client_secrets: 'clients',
  identities: 'identities',
  mail_outbox: 'mail',
  notes: 'notes',
  oauth_clients: 'clients',
  passkeys: 'factors',
  one_time_tokens: 'emails',
  provider_sign_ins: 'identities',
  rate_limits: 'limits',
  recovery_codes: 'factors',
  revocations: 'sessions',
  sessions: 'sessions',
  sign_in_challenges: 'factors',
  signing_keys: 'keys',
  totp_secrets: 'factors',
  users: 'users',
};

/** Statements that touch another folder's table, and why they stay where they are. */
export const exceptions: readonly { file: string; table: string; reason: string }[] = [
  {
    file: 'sessions/session-rows.ts',
    table: 'users',
    reason: 'a refresh is one statement: it reads the role and epoch, and refuses a disabled user, with the rotation',
  },
  {
    file: 'sessions/sessions.service.ts',
    table: 'users',
    reason: 'the start of a session is one statement, so that it cannot race a new password, disabling or deletion',
  },
  {
    file: 'sessions/session-renewal.ts',
    table: 'users',
    reason: 'a token response needs the user beside the session, as the start of a session does',
  },
  {
    file: 'keys/signing-key-store.ts',
    table: 'revocations',
    reason: 'the revocation of a key reaches the followers of the feed with the transaction that revokes it',
  },
  {
    file: 'emails/one-time-tokens.ts',
    table: 'users',
    reason: 'a one-time token counts only while its user is as it was, which one statement compares under a lock',
  },
  {
    file: 'emails/sign-in-codes.ts',
    table: 'users',
    reason: 'as a one-time token: one statement finds the newest one of an unchanged user, and counts a try',
  },
  {
    file: 'sessions/session-assurance.ts',
    table: 'users',
    reason: 'a confirmed sign-in returns what a token response needs, and refuses a disabled user, in its statement',
  },
  {
    file: 'factors/challenges.ts',
    table: 'users',
    reason: 'a challenge counts only while its user is as it was, which the statement that uses it up compares',
  },
];

const schemaFile = join(import.meta.dirname, '../../prisma/schema.prisma');

/** By the name of the delegate on a Prisma client: `user` for `model User`. */
export const models: ReadonlyMap<string, Model> = readModels(readFileSync(schemaFile, 'utf8'));

export function readModels(schema: string): Map<string, Model> {
  const parts = [...schema.matchAll(/^model (\w+) \{\n([^}]*)^\}/gm)].map(([, name = '', body = '']) => ({
    name,
    body,
  }));
  const names = new Set(parts.map(({ name }) => name));
  return new Map(
    parts.map(({ name, body }) => {
      const fields = [...body.matchAll(/^ {2}(\w+) +(\w+)/gm)].map(
        ([, field = '', type = '']) => [field, type] as const,
      );
      const relations = new Map(fields.filter(([, type]) => names.has(type)).map(([f, type]) => [f, delegateOf(type)]));
      return [delegateOf(name), { table: /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name, relations }];
    }),
  );
}

function delegateOf(model: string): string {
  return model.charAt(0).toLowerCase() + model.slice(1);
}

const queryMethods = /^(find|create|update|upsert|delete|count|aggregate|groupBy)/;
/** What a Prisma client or a transaction is called. */
const prismaClient = /(^|\.)(db|tx|prisma)$/;
const sqlWord = /\b(SELECT|INSERT|UPDATE|DELETE|FROM|JOIN|INTO|USING|TRUNCATE|LOCK|MERGE|COPY)\b/;
/** SQL in lower case reads like prose, so it takes more than a word. */
const sqlPhrase =
  /\bselect\b[^]*\bfrom\b|\binsert\s+into\b|\bupdate\b[^]*\bset\b|\bdelete\s+from\b|\bjoin\b[^]*\bon\b|^\s*(from|truncate|lock\s+table)\b/;

/** The tables that a file reads or writes: by a Prisma delegate, through a relation of one, or by name in SQL. */
export function tablesUsedBy({ tree }: SourceFile): Set<string> {
  const used = new Set<string>();
  walk(tree, (node) => {
    if (ts.isCallExpression(node)) addDelegates(node, used);
    for (const name of namesTakenFromClient(node)) {
      // A computed name may be that of any table.
      const taken = name === undefined ? [...models.values()] : [models.get(name)];
      for (const model of taken) if (model) used.add(model.table);
    }
    const text = literalText(node);
    if (text !== undefined) for (const table of tablesNamedIn(text, isTaggedSql(node))) used.add(table);
  });
  return used;
}

/** `db.user`, `db['user']`, `db[name]` (undefined) and `const { user } = db`, whatever is done with it. */
function namesTakenFromClient(node: ts.Node): (string | undefined)[] {
  if (ts.isPropertyAccessExpression(node) && prismaClient.test(node.expression.getText())) return [node.name.text];
  if (ts.isElementAccessExpression(node) && prismaClient.test(node.expression.getText())) {
    const { argumentExpression: key } = node;
    return [ts.isStringLiteralLike(key) ? key.text : undefined];
  }
  if (!ts.isVariableDeclaration(node) || !ts.isObjectBindingPattern(node.name)) return [];
  if (!prismaClient.test(node.initializer?.getText() ?? '')) return [];
  return node.name.elements.map(({ propertyName, name }) => (propertyName ?? name).getText());
}

/** `db.user.findUnique(...)`, `db['user'].findUnique(...)`, and the relations named in the argument. */
function addDelegates({ expression: method, arguments: args }: ts.CallExpression, used: Set<string>): void {
  if (!ts.isPropertyAccessExpression(method) || !queryMethods.test(method.name.text)) return;
  const delegate = method.expression;
  const name = ts.isPropertyAccessExpression(delegate)
    ? delegate.name.text
    : ts.isElementAccessExpression(delegate) && ts.isStringLiteral(delegate.argumentExpression)
      ? delegate.argumentExpression.text
      : undefined;
  const model = name === undefined ? undefined : models.get(name);
  if (!model) return;
  used.add(model.table);
  for (const argument of args) addRelations(argument, model, used);
}

function addRelations(node: ts.Node, model: Model, used: Set<string>): void {
  const key = ts.isPropertyAssignment(node) ? node.name.getText() : undefined;
  const related = key === undefined ? undefined : models.get(model.relations.get(key) ?? '');
  if (related) used.add(related.table);
  ts.forEachChild(node, (child) => addRelations(child, related ?? model, used));
}

/** The text of a string or of a whole template; what is interpolated counts where it is written. */
function literalText(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('$');
}

function isTaggedSql({ parent }: ts.Node): boolean {
  if (ts.isTaggedTemplateExpression(parent)) return /sql|raw/i.test(parent.tag.getText());
  return ts.isCallExpression(parent) && /(sql|raw\w*|query\w*)$/i.test(parent.expression.getText());
}

function tablesNamedIn(text: string, tagged: boolean): string[] {
  if (!tagged && !sqlWord.test(text) && !sqlPhrase.test(text)) return [];
  return [...models.values()].map(({ table }) => table).filter((table) => new RegExp(`\\b${table}\\b`).test(text));
}
