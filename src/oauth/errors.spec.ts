import type { ErrorCode } from '../common/errors.js';
import { ApiError, ERRORS } from '../common/errors.js';
import { toOAuthError } from './errors.js';

describe('toOAuthError', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('translates %s to an error of RFC 6749 section 5.2', (code) => {
    const error = toOAuthError(new ApiError(code, 'private'));
    expect(error.description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
    expect(error.description).not.toContain('private');
    expect(error.privateDetail).toBe('private');
  });

  it.each<[ErrorCode, number, string]>([
    ['refresh_invalid', 400, 'invalid_grant'],
    ['refresh_expired', 400, 'invalid_grant'],
    ['refresh_reused', 400, 'invalid_grant'],
    ['session_revoked', 400, 'invalid_grant'],
    ['overloaded', 503, 'temporarily_unavailable'],
    ['database_unavailable', 503, 'temporarily_unavailable'],
    ['internal_error', 500, 'server_error'],
    ['validation_failed', 400, 'invalid_request'],
    ['unsupported_media_type', 400, 'invalid_request'],
    ['not_found', 404, 'invalid_request'],
    ['payload_too_large', 413, 'invalid_request'],
    ['csrf_rejected', 403, 'invalid_request'],
  ])('%s is %i %s', (code, status, name) => {
    const error = toOAuthError(new ApiError(code));
    expect([error.status, error.code]).toEqual([status, name]);
  });

  it('keeps how long to wait, and names the wrong fields', () => {
    expect(toOAuthError(new ApiError('overloaded', '', { retryAfterSeconds: 3 })).extras.retryAfterSeconds).toBe(3);
    const fieldErrors = [
      { path: 'token', message: 'must come once' },
      { path: '', message: 'Text' },
    ];
    expect(toOAuthError(new ApiError('validation_failed', '', { fieldErrors })).description).toBe(
      'token: This must come once. Text.',
    );
  });
});
