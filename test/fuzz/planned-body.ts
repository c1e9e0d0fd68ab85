import fc from 'fast-check';
import type { Operation } from './api-document.js';
import type { ApiDocument } from './api-document.js';
import { matching } from './json-values.js';
import { wildText, wildValue } from './wild-values.js';

/** What is done to the bytes of a body after it has been written as JSON or as a form. */
export type Damage =
  | 'none'
  | 'empty'
  | 'white space'
  | 'cut'
  | 'doubled'
  | 'duplicate member'
  | 'trailing comma'
  | 'utf-16'
  | 'byte order mark'
  | 'invalid utf-8'
  | 'too large'
  | '__proto__';

export interface PlannedBody {
  value: unknown;
  /** What is changed in the value before it is written. */
  mutations: readonly Mutation[];
  mediaType: string | undefined;
  damage: Damage;
}

/** A change of a valid value: in place of a member, without a member, or with one more. */
export interface Mutation {
  kind: 'replace' | 'remove' | 'add' | 'whole';
  /** Picks the member. */
  at: number;
  name: string;
  value: unknown;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'remove', 'add', 'whole'),
  at: fc.nat(1000),
  name: fc.oneof(fc.constantFrom('role', 'id', 'user_id', 'admin', 'email_verified', 'constructor', ''), wildText),
  value: wildValue,
});

const damages: readonly Damage[] = [
  'empty',
  'white space',
  'cut',
  'doubled',
  'duplicate member',
  'trailing comma',
  'utf-16',
  'byte order mark',
  'invalid utf-8',
  'too large',
  '__proto__',
];
const damage = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Damage>('none') },
  { weight: 3, arbitrary: fc.constantFrom(...damages) },
);

const otherMediaTypes = [
  undefined,
  '',
  'text/plain',
  'text/plain; charset=utf-16',
  'application/json; charset=utf-16',
  'application/json; charset=',
  'application/json;;;',
  'APPLICATION/JSON',
  'application/problem+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'application/xml',
  'a/b; c="',
  '*/*',
  'json',
  'application/json, application/json',
];

/** A body of any kind: many of those that do not match the schema are close to it. */
export function plannedBody(document: ApiDocument, { body }: Operation): fc.Arbitrary<PlannedBody | undefined> {
  const declared = body?.mediaType ?? 'application/json';
  const valid = body ? matching(document, body.schema) : fc.constant({});
  const mediaType = fc.oneof(
    { weight: 12, arbitrary: fc.constant(declared) },
    { weight: 1, arbitrary: fc.constantFrom(...otherMediaTypes) },
  );
  const none = fc.constant<Mutation[]>([]);
  const some = fc.array(mutation, { minLength: 1, maxLength: 3 });
  const planned = fc.record({
    value: valid,
    mutations: fc.oneof({ weight: 1, arbitrary: none }, { weight: 3, arbitrary: some }),
    mediaType,
    damage,
  });
  // Operations without a body get one now and then, and those with a body none.
  return fc.option(planned, { nil: undefined, freq: body ? 15 : 1 });
}

/** A body that matches the schema: whole, with the members of its example, or with at most one that is not required. */
export function ordinaryBody(document: ApiDocument, { body }: Operation): fc.Arbitrary<PlannedBody | undefined> {
  if (!body) return fc.constant(undefined);
  const { required = [], properties = {}, example } = document.resolve(body.schema);
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  const choices = [
    Object.keys(properties),
    Object.keys(example ?? {}),
    required,
    ...optional.map((name) => [...required, name]),
  ];
  // All members, so that those which are chosen are there.
  const everything = matching(document, { type: 'object', properties, required: Object.keys(properties) });
  return fc.tuple(everything, fc.constantFrom(...choices)).map(([value, names]) => ({
    value: Object.fromEntries(Object.entries(value as object).filter(([name]) => names.includes(name))),
    mutations: [],
    mediaType: body.mediaType,
    damage: 'none',
  }));
}

/** The value with one change. */
export function mutate(value: unknown, { kind, at, name, value: wild }: Mutation): unknown {
  if (kind === 'whole' || typeof value !== 'object' || value === null || Array.isArray(value)) return wild;
  const members = Object.entries(value);
  const picked = members[at % Math.max(1, members.length)]?.[0] ?? name;
  if (kind === 'remove') return Object.fromEntries(members.filter(([key]) => key !== picked));
  const key = kind === 'add' ? name : picked;
  const old = (value as Record<string, unknown>)[key];
  // Half of the changes go into the members of a member.
  const changed =
    typeof old === 'object' && at % 2 === 0 ? mutate(old, { kind, at: at >> 1, name, value: wild }) : wild;
  return Object.fromEntries([...members.filter(([other]) => other !== key), [key, changed]]);
}
