import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StepUpRequest } from '../src/index.js';
import { createPawl } from '../src/index.js';
import { memoryStorage } from '../src/storage.js';

/** Speaks the sign-in state machine of the design and nothing else: what is tested here is the client. */
async function startStateMachine() {
  const received: { path: string; body: any }[] = [];
  const prompts = { password: 'right', code: '123456' };
  const problem = (status: number, code: string, more = {}) => ({
    status,
    body: { code, detail: code, status, ...more },
  });
  const tokens = (accessToken: string) => ({
    status: 200,
    body: {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: 'opaque',
      session_id: 's1',
      user: { id: 'u1', email: 'ada@example.com' },
    },
  });
  const answers: Record<string, (body: any, authorization?: string) => { status: number; body: unknown }> = {
    '/auth/login': () =>
      problem(401, 'second_factor_required', {
        challenge: 'c1',
        factors: ['totp', 'passkey'],
        passkey_options: { a: 1 },
      }),
    '/auth/login/factor': ({ code, recovery_code: recoveryCode, passkey }) =>
      code === prompts.code || recoveryCode || passkey ? tokens('after-factor') : problem(401, 'factor_invalid'),
    '/auth/passkeys/options': () => ({ status: 200, body: { challenge: 'c2', options: { b: 2 } } }),
    '/auth/passkeys/login': () => tokens('after-passkey'),
    '/auth/link': () => ({ status: 202, body: undefined }),
    '/auth/link/login': () => tokens('after-link'),
    '/auth/providers/exchange': () => tokens('after-provider'),
    '/auth/step-up': ({ password, code, passkey }) => {
      if (code === prompts.code || passkey)
        return { status: 200, body: { access_token: 'stepped-up', token_type: 'Bearer', expires_in: 900 } };
      return password === prompts.password
        ? problem(401, 'second_factor_required')
        : problem(403, 'password_incorrect');
    },
    '/sensitive': (_body, authorization) =>
      authorization === 'Bearer stepped-up'
        ? { status: 204, body: undefined }
        : problem(401, 'insufficient_user_authentication'),
  };
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text && request.method === 'POST' ? JSON.parse(text) : {};
      received.push({ path: request.url!, body });
      const { status, body: answer } = answers[request.url!]!(body, request.headers.authorization);
      const challenge = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"';
      if (status === 401) response.setHeader('WWW-Authenticate', challenge);
      response.writeHead(status).end(answer && JSON.stringify(answer));
    })();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    bodyOf: (path: string) => received.findLast((request) => request.path === path)?.body as unknown,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

let service: Awaited<ReturnType<typeof startStateMachine>>;
beforeEach(async () => (service = await startStateMachine()));
afterEach(() => service.close());

const newPawl = (options = {}) =>
  createPawl({ url: service.url, mode: 'bearer', storage: memoryStorage(), ...options });
const credentials = { email: 'ada@example.com', password: 'right' };
const signedIn = { session: { id: 's1', user: { email: 'ada@example.com' } } };

describe('a sign-in with a second factor', () => {
  const secondFactor = {
    next: 'second_factor',
    challenge: 'c1',
    factors: ['totp', 'passkey'],
    passkeyOptions: { a: 1 },
  };

  it('returns the next step, and the session after the code', async () => {
    const pawl = newPawl();
    expect(await pawl.signIn(credentials)).toEqual(secondFactor);
    expect(await pawl.session()).toBeNull();
    await expect(pawl.signIn({ challenge: 'c1', code: '000000' })).rejects.toMatchObject({ code: 'factor_invalid' });
    expect(await pawl.signIn({ challenge: 'c1', code: '123456' })).toMatchObject(signedIn);
    expect(service.bodyOf('/auth/login/factor')).toEqual({ challenge: 'c1', code: '123456' });
  });

  it('takes a recovery code or a passkey', async () => {
    const pawl = newPawl();
    expect(await pawl.signIn({ challenge: 'c1', recoveryCode: 'abcd' })).toMatchObject(signedIn);
    expect(service.bodyOf('/auth/login/factor')).toEqual({ challenge: 'c1', recovery_code: 'abcd' });
    const passkey = async (options: unknown) => ({ asserted: options });
    expect(await pawl.signIn({ challenge: 'c1', passkey, passkeyOptions: { a: 1 } })).toMatchObject(signedIn);
    expect(service.bodyOf('/auth/login/factor')).toEqual({ challenge: 'c1', passkey: { asserted: { a: 1 } } });
  });

  it('says where the tokens go in the first step only', async () => {
    const pawl = newPawl({ mode: 'cookie' });
    await pawl.signIn(credentials);
    expect(service.bodyOf('/auth/login')).toEqual({ ...credentials, delivery: 'cookie' });
    await pawl.signIn({ challenge: 'c1', code: '123456' });
    expect(service.bodyOf('/auth/login/factor')).toEqual({ challenge: 'c1', code: '123456' });
  });
});

describe('other ways in', () => {
  it('a passkey: the challenge is asked for, and sent back with the response of the passkey', async () => {
    const pawl = newPawl();
    expect(await pawl.signIn({ passkey: async (options) => ({ asserted: options }) })).toMatchObject(signedIn);
    expect(service.bodyOf('/auth/passkeys/login')).toEqual({ challenge: 'c2', passkey: { asserted: { b: 2 } } });
    await expect(pawl.signIn({ passkey: true })).rejects.toThrow('does not support passkeys');
  });

  it('an email: with its code, or with the token of its link', async () => {
    const pawl = newPawl();
    expect(await pawl.signIn({ email: 'ada@example.com', link: true })).toEqual({
      next: 'link',
      email: 'ada@example.com',
    });
    expect(await pawl.signIn({ email: 'ada@example.com', code: '123456' })).toMatchObject(signedIn);
    expect(service.bodyOf('/auth/link/login')).toEqual({ email: 'ada@example.com', code: '123456' });
    expect(await pawl.signIn({ token: 'from-the-link' })).toMatchObject(signedIn);
    expect(service.bodyOf('/auth/link/login')).toEqual({ token: 'from-the-link' });
  });

  it('another provider: the one-time code with which the browser came back', async () => {
    expect(await newPawl().signIn({ code: 'one-time', verifier: 'v' })).toMatchObject(signedIn);
    expect(service.bodyOf('/auth/providers/exchange')).toEqual({ code: 'one-time', verifier: 'v' });
  });
});

describe('a call that needs a recent or a stronger sign-in', () => {
  it('asks the user once for all calls, until the proof is accepted, and is repeated', async () => {
    const asked: StepUpRequest[] = [];
    const proofs = [{ password: 'wrong' }, { password: 'right' }, { code: '123456' }];
    const pawl = newPawl({
      onStepUp: async (request: StepUpRequest) => (asked.push(request), proofs[asked.length - 1]),
    });
    await pawl.signIn({ token: 't' });
    const calls = await Promise.all([1, 2, 3].map(() => pawl.fetch('/sensitive', { method: 'DELETE', body: 'x' })));
    expect(calls.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(asked.map(({ acr, maxAgeSeconds, error }) => [acr, maxAgeSeconds, error?.code])).toEqual([
      ['aal2', 300, undefined],
      ['aal2', 300, 'password_incorrect'],
      ['aal2', 300, 'second_factor_required'],
    ]);
    expect((await pawl.fetch('/sensitive', { method: 'DELETE' })).status).toBe(204);
  });

  it('can be proved with a passkey', async () => {
    const pawl = newPawl({ onStepUp: async () => ({ passkey: async () => 'asserted' }) });
    await pawl.signIn({ token: 't' });
    expect((await pawl.fetch('/sensitive', { method: 'DELETE' })).status).toBe(204);
    expect(service.bodyOf('/auth/step-up')).toEqual({ challenge: 'c2', passkey: 'asserted' });
  });

  it('fails as it is if the user declines, or nobody asks', async () => {
    for (const options of [{}, { onStepUp: async () => undefined }]) {
      const pawl = newPawl(options);
      await pawl.signIn({ token: 't' });
      expect((await pawl.fetch('/sensitive', { method: 'DELETE' })).status).toBe(401);
      expect(await pawl.session()).not.toBeNull();
    }
  });

  it('ends with the error if the same wrong proof comes again and again', async () => {
    const pawl = newPawl({ onStepUp: async () => ({ password: 'wrong' }) });
    await pawl.signIn({ token: 't' });
    await expect(pawl.fetch('/sensitive')).rejects.toMatchObject({ code: 'password_incorrect' });
  });
});
