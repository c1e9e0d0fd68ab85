import fc from 'fast-check';
import type { ApiDocument, Operation, Parameter } from './api-document.js';
import type { CredentialKind } from './credentials.js';
import { credentialKinds } from './credentials.js';
import { anyIndex, matching, Remembered } from './json-values.js';
import type { Header } from './odd-headers.js';
import { someOddHeaders } from './odd-headers.js';
import type { PlannedBody } from './planned-body.js';
import { ordinaryBody, plannedBody } from './planned-body.js';
import { wildText } from './wild-values.js';

/** A request before it is known which ids and tokens the service has given. The same seed plans the same requests. */
export interface PlannedRequest {
  operation: Operation;
  /** Nearly always the operation's own. */
  method: string;
  credential: CredentialKind;
  /** By name. */
  pathParameters: Readonly<Record<string, PathValue>>;
  /** Repeated names included. Sent as it is if `raw`. */
  query: readonly QueryPart[];
  headers: readonly Header[];
  body: PlannedBody | undefined;
  /** Sends what was prepared for the operation, if anything is: `whole` in place of what is planned, `within` it otherwise. */
  prepared: 'no' | 'whole' | 'within';
}

/** `raw` values are sent without encoding. */
export interface PathValue {
  value: unknown;
  raw: boolean;
}

export interface QueryPart extends PathValue {
  name: string;
}

const rawPathValues = ['', '%', '%zz', '%00', '%ff', '%ED%A0%80', '%2e%2e%2f', '%2F', '.', '..', 'a;b', '%C0%AF', '*'];
const rawQueries = ['', '&&&', '=', '%', '%zz=%', 'limit=%ff', 'a[b]=c', 'a[]=1', 'limit=1;cursor=2', '?', '+', '#x'];
const otherMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];

/** Two in five requests are what a client would send, so that the others meet a service in use. */
export function plannedRequest(document: ApiDocument, operation: Operation): fc.Arbitrary<PlannedRequest> {
  return fc.oneof(
    { weight: 2, arbitrary: ordinaryRequest(document, operation) },
    { weight: 3, arbitrary: oddRequest(document, operation) },
  );
}

/** What a client would send. */
export function ordinaryRequest(document: ApiDocument, operation: Operation): fc.Arbitrary<PlannedRequest> {
  return fc.record({
    operation: fc.constant(operation),
    method: fc.constant(operation.method),
    credential: fc.constant(usualCredential(operation)),
    pathParameters: pathParameters(operation, true),
    query: query(document, operation, true),
    headers: fc.constant<Header[]>([]),
    body: ordinaryBody(document, operation),
    prepared: fc.constantFrom('no', 'whole'),
  });
}

function oddRequest(document: ApiDocument, operation: Operation): fc.Arbitrary<PlannedRequest> {
  const method = fc.oneof(
    { weight: 20, arbitrary: fc.constant(operation.method) },
    { weight: 1, arbitrary: fc.constantFrom(...otherMethods) },
  );
  return fc.record({
    operation: fc.constant(operation),
    method,
    credential: fc.oneof(fc.constant(usualCredential(operation)), fc.constantFrom(...credentialKinds)),
    pathParameters: pathParameters(operation),
    query: query(document, operation),
    headers: someOddHeaders,
    body: plannedBody(document, operation),
    prepared: fc.constantFrom('no', 'no', 'no', 'within'),
  });
}

/** What ends the session or the account is not for the user whose notes and factors the other requests need. */
const endings = ['/auth/me/delete', '/auth/logout', '/auth/logout-all', '/auth/sessions/{id}', '/auth/password'];

function usualCredential({ path, security }: Operation): CredentialKind {
  if (endings.includes(path)) return 'cookies';
  if (['/oauth/revocations', '/oauth/provider-tokens'].includes(path)) return 'service';
  if (security.includes('client')) return 'client secret';
  if (!security.includes('bearer')) return 'none';
  return /^\/(admin|users)/.test(path) ? 'admin' : 'user';
}

function pathParameters({ path, parameters }: Operation, isOrdinary = false): fc.Arbitrary<Record<string, PathValue>> {
  const names = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  // The id of a note is not that of a user.
  const known = anyIndex.map((index) => new Remembered(path.split('/{')[0]!, index, 'unknown'));
  const usual = known.map((remembered) => ({ value: remembered, raw: false }));
  if (isOrdinary) return fc.record(Object.fromEntries(names.map((name) => [name, usual])));
  const value = fc.oneof(
    { weight: 8, arbitrary: usual },
    { weight: 3, arbitrary: fc.uuid({ version: 7 }).map((id) => ({ value: id, raw: false })) },
    { weight: 2, arbitrary: wildText.map((text) => ({ value: text, raw: false })) },
    { weight: 1, arbitrary: fc.constantFrom(...rawPathValues).map((text) => ({ value: text, raw: true })) },
  );
  return fc.record(Object.fromEntries(names.map((name) => [name, value])));
}

function query(document: ApiDocument, { parameters }: Operation, isOrdinary = false): fc.Arbitrary<QueryPart[]> {
  const declared = parameters.filter((parameter) => parameter.in === 'query');
  if (isOrdinary)
    return fc
      .tuple(...declared.map((parameter) => ordinaryParameter(document, parameter)))
      .map((parts) => parts.flat());
  const known = declared.map(({ name, schema }) =>
    fc
      .oneof({ weight: 3, arbitrary: matching(document, schema, name) }, { weight: 1, arbitrary: wildText })
      .map((value) => ({ name, value, raw: false })),
  );
  const odd = fc.oneof(
    fc.constantFrom(...rawQueries).map((text) => ({ name: text, value: '', raw: true })),
    fc.tuple(wildText, wildText).map(([name, value]) => ({ name, value: value, raw: false })),
  );
  const parts = fc.oneof(...known.map((arbitrary) => ({ weight: 6, arbitrary })), { weight: 1, arbitrary: odd });
  // A name may come more than once.
  return fc.oneof(
    { weight: declared.length > 0 ? 1 : 8, arbitrary: fc.constant<QueryPart[]>([]) },
    { weight: 2, arbitrary: fc.array(parts, { minLength: 1, maxLength: 4 }) },
  );
}

function ordinaryParameter(document: ApiDocument, { name, required, schema }: Parameter): fc.Arbitrary<QueryPart[]> {
  const part = matching(document, schema, name).map((value): QueryPart[] => [{ name, value, raw: false }]);
  return required
    ? part
    : fc.oneof({ weight: 3, arbitrary: fc.constant<QueryPart[]>([]) }, { weight: 1, arbitrary: part });
}
