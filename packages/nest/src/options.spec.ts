import type { PawlOptions } from './options.js';
import { settingsOf } from './options.js';

const issuer = 'https://auth.example.com';

it('has the defaults of Pawl', () => {
  expect(settingsOf({ issuer })).toMatchObject({
    issuer,
    audience: issuer,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    address: issuer,
    revocation: { mode: 'off', isChosen: false },
    onStale: 'continue',
    staleAfterSeconds: 30,
    resourceMetadata: undefined,
  });
});

it('finds the endpoints beside the keys', () => {
  const { address } = settingsOf({ issuer, jwksUri: 'http://pawl:3000/auth/.well-known/jwks.json' });
  expect(address).toBe('http://pawl:3000/auth');
});

it.each<[string, Partial<PawlOptions>]>([
  ['issuer', { issuer: 'auth.example.com' }],
  ['issuer', { issuer: undefined }],
  ['issuer', { issuer: 'file:///etc/passwd' }],
  ['jwksUri', { jwksUri: '/keys' }],
  ['audience', { audience: '' }],
  ['revocation', { revocation: 'introspection' }],
  ['revocation', { revocation: { clientId: 'orders', clientSecret: '' } }],
  ['revocation', { revocation: 'on' as never }],
  ['onStale', { onStale: 'stop' as never }],
  ['staleAfterSeconds', { staleAfterSeconds: 5 }],
  ['staleAfterSeconds', { staleAfterSeconds: NaN }],
  ['resourceMetadata.resource', { audience: 'orders', resourceMetadata: true }],
])('a wrong %s stops the start with a message that names it', (option, wrong) => {
  expect(() => settingsOf({ issuer, ...wrong })).toThrow(`@pawl/nest: ${option} `);
});
