type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** How generated clients name operations, where the name of the handler says too little. A contract: these do not change. */
const operationIds: Readonly<Record<string, Partial<Record<Method, string>>>> = {
  '/auth/me': { get: 'getMe', patch: 'updateMe' },
  '/auth/me/delete': { post: 'deleteMe' },
  '/auth/me/export': { get: 'exportMe' },
  '/auth/me/activity': { get: 'listActivity' },
  '/auth/email': { post: 'requestEmailChange' },
  '/auth/email/verify': { post: 'verifyEmail' },
  '/auth/email/resend': { post: 'resendVerification' },
  '/auth/password': { post: 'changePassword' },
  '/auth/password/forgot': { post: 'forgotPassword' },
  '/auth/password/reset': { post: 'resetPassword' },
  '/auth/login/factor': { post: 'completeLogin' },
  '/auth/passkeys/options': { post: 'createPasskeyOptions' },
  '/auth/passkeys/login': { post: 'loginWithPasskey' },
  '/auth/link': { post: 'requestLoginLink' },
  '/auth/link/login': { post: 'loginWithLink' },
  '/auth/step-up': { post: 'stepUp' },
  '/auth/factors': { get: 'listFactors' },
  '/auth/factors/{id}': { patch: 'renameFactor', delete: 'removeFactor' },
  '/auth/factors/totp': { post: 'beginTotp' },
  '/auth/factors/totp/confirm': { post: 'confirmTotp' },
  '/auth/factors/passkeys/options': { post: 'createFactorPasskeyOptions' },
  '/auth/factors/passkeys': { post: 'addPasskey' },
  '/auth/factors/recovery-codes': { post: 'replaceRecoveryCodes' },
  '/auth/session': { get: 'getSession' },
  '/auth/identities': { get: 'listIdentities', post: 'connectIdentity' },
  '/auth/identities/{id}': { delete: 'disconnectIdentity' },
  '/auth/providers': { get: 'listProviders' },
  '/auth/providers/{provider}/start': { get: 'startProviderSignIn' },
  '/auth/providers/{provider}/callback': { get: 'receiveProviderSignIn' },
  '/auth/providers/exchange': { post: 'exchangeProviderCode' },
  '/auth/sessions': { get: 'listSessions' },
  '/auth/sessions/{id}': { delete: 'endSession' },
  '/admin/audit': { get: 'listAuditEvents' },
  '/admin/clients': { get: 'listClients', post: 'createClient' },
  '/admin/clients/{id}/secret': { post: 'addClientSecret' },
  '/admin/clients/{id}': { delete: 'deleteClient' },
  '/users': { get: 'listUsers', post: 'createUser' },
  '/users/{id}': { get: 'getUser', patch: 'updateUser', delete: 'deleteUser' },
  '/users/{id}/factors': { delete: 'resetUserFactors' },
  '/notes': { get: 'listNotes', post: 'createNote' },
  '/notes/{id}': { get: 'getNote', patch: 'updateNote', delete: 'deleteNote' },
  '/admin/notes': { get: 'listAllNotes' },
  '/admin/notes/{id}': { delete: 'deleteAnyNote' },
  '/.well-known/jwks.json': { get: 'getJwks' },
  '/.well-known/oauth-authorization-server': { get: 'getMetadata' },
  '/oauth/token': { post: 'issueToken' },
  '/oauth/revoke': { post: 'revokeToken' },
  '/oauth/introspect': { post: 'introspectToken' },
  '/oauth/revocations': { get: 'followRevocations' },
  '/oauth/provider-tokens': { get: 'getProviderTokens' },
  '/health/live': { get: 'getLiveness' },
  '/health/ready': { get: 'getReadiness' },
};

/** RFC 8414 section 3.1: the path of the issuer comes after the well-known one, so it depends on PUBLIC_URL. */
const metadataUnderPath = '/.well-known/oauth-authorization-server/';

/** The id of an operation. Every id is unique (test/http/openapi.spec.ts). */
export function operationIdOf(method: Method, path: string, handler: string | undefined): string | undefined {
  return path.startsWith(metadataUnderPath) ? 'getMetadataUnderPath' : (operationIds[path]?.[method] ?? handler);
}
