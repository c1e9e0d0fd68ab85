import { decodeJwt } from 'jose';
import type { AuthMethod } from '../clients/client.js';
import { OAuthError } from './errors.js';
import type { ClientFields } from './oauth.schema.js';

/** The client that a request claims to come from, and how it wants to prove that. Nothing is proven yet. */
export type ClaimedClient =
  | { clientId: string; method: 'client_secret_basic' | 'client_secret_post'; secret: string }
  | { clientId: string; method: 'private_key_jwt'; assertion: string }
  | { clientId: string; method: 'none' };

/** RFC 7523 section 2.2. */
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** `authorization` holds every Authorization header of the request. Throws an OAuthError if more than one method was used. */
export function claimedClientOf(authorization: readonly string[], fields: ClientFields): ClaimedClient {
  const [header, ...others] = authorization;
  if (others.length > 0) throw new OAuthError('invalid_request', 'More than one Authorization header.');
  const assertion = fields.client_assertion ?? fields.client_assertion_type;
  const methods: Record<AuthMethod, boolean> = {
    client_secret_basic: header !== undefined,
    client_secret_post: fields.client_secret !== undefined,
    private_key_jwt: assertion !== undefined,
    none: header === undefined && fields.client_secret === undefined && assertion === undefined,
  };
  // RFC 6749 section 2.3: a client must not use more than one in a request.
  if (Object.values(methods).filter(Boolean).length > 1) {
    throw new OAuthError('invalid_request', 'More than one way to authenticate the client.');
  }
  const claimed = header === undefined ? fromForm(fields) : fromBasic(header);
  if (fields.client_id !== undefined && fields.client_id !== claimed.clientId) {
    throw new OAuthError('invalid_request', 'client_id is not the client that authenticates.');
  }
  return claimed;
}

function fromForm(fields: ClientFields): ClaimedClient {
  const { client_id: clientId, client_secret: secret, client_assertion: assertion } = fields;
  if (assertion !== undefined || fields.client_assertion_type !== undefined) {
    if (assertion === undefined || fields.client_assertion_type !== jwtBearer) {
      throw new OAuthError('invalid_request', `client_assertion goes with client_assertion_type ${jwtBearer}.`);
    }
    return { clientId: subjectOf(assertion), method: 'private_key_jwt', assertion };
  }
  // RFC 6749 section 5.2: no client authentication included.
  if (clientId === undefined) throw new OAuthError('invalid_client', 'No client authentication.');
  return secret === undefined ? { clientId, method: 'none' } : { clientId, method: 'client_secret_post', secret };
}

/** RFC 6749 section 2.3.1: id and secret are form-urlencoded before RFC 7617 encodes the pair. */
function fromBasic(header: string): ClaimedClient {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  const pair = encoded === undefined ? undefined : /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString());
  const [clientId, secret] = [pair?.[1], pair?.[2]].map(formDecoded);
  if (clientId === undefined || secret === undefined || /\0/.test(clientId)) {
    throw new OAuthError('invalid_client', 'The Authorization header does not hold the id and secret of a client.');
  }
  // RFC 6749 section 2.3.1 lets a client leave out an empty secret. Many libraries send a public client's id like this.
  return secret === '' ? { clientId, method: 'none' } : { clientId, method: 'client_secret_basic', secret };
}

function formDecoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Names the client whose keys verify the assertion (RFC 7523 section 3). */
function subjectOf(assertion: string): string {
  const subject = readSubject(assertion);
  if (subject === undefined) throw new OAuthError('invalid_client', 'The client_assertion is not a JWT with a sub.');
  return subject;
}

function readSubject(assertion: string): string | undefined {
  try {
    const { sub } = decodeJwt<{ sub: unknown }>(assertion);
    return typeof sub === 'string' && !sub.includes('\0') ? sub : undefined;
  } catch {
    // It is not a JWT, so nothing in it is used.
    return undefined;
  }
}
