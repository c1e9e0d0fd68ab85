import { createHash } from 'node:crypto';
import { createPawl } from '../src/index.js';

const url = 'https://auth.example.com';
const returnTo = 'https://app.example.com/done?x=1';

it('in bearer mode, the browser brings a code back that only the verifier opens (RFC 7636)', async () => {
  const pawl = createPawl({ url, mode: 'bearer' });
  const first = await pawl.provider('corp', { returnTo });
  const second = await pawl.provider('corp', { returnTo });
  const start = new URL(first.url);
  expect(start.origin + start.pathname).toBe(`${url}/auth/providers/corp/start`);
  expect(first.verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(first.verifier).not.toBe(second.verifier);
  expect(Object.fromEntries(start.searchParams)).toEqual({
    return_to: returnTo,
    code_challenge: createHash('sha256').update(first.verifier!).digest('base64url'),
  });
  expect(first.url).not.toContain(first.verifier);
  pawl.close();
});

it('in cookie mode, the browser comes back signed in, or with a code to connect an account', async () => {
  const pawl = createPawl({ url, mode: 'cookie' });
  const { url: start, verifier } = await pawl.provider('corp', { returnTo });
  expect(verifier).toBeUndefined();
  expect(Object.fromEntries(new URL(start).searchParams)).toEqual({ return_to: returnTo });
  expect((await pawl.provider('corp', { returnTo, code: true })).verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
  pawl.close();
});
