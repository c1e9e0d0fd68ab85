import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, makeAdmin, register } from '../support/http.js';
import type { RecordingDestination } from '../support/log.js';
import { recordingDestination } from '../support/log.js';
import { rawCall } from '../support/raw-http.js';
import type { Headers, Parameters, RegisteredClient } from './clients.js';
import { basic, createClient, expectOAuthError, newClient, post, signInWith } from './clients.js';

let app: TestApp;
let admin: Tokens;
/** One of each method. */
let withBasic: RegisteredClient;
let withPost: RegisteredClient;
let open: RegisteredClient;

beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
  withBasic = await newClient(app, admin);
  withPost = await newClient(app, admin, { token_endpoint_auth_method: 'client_secret_post' });
  open = await newClient(app, admin, { token_endpoint_auth_method: 'none', grant_types: ['refresh_token'] });
});
afterAll(() => app.close());

const unknown: RegisteredClient = { client_id: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e', client_secret: 'pwls_nothing' };

function ask(parameters: Record<string, string>, headers: Headers = []) {
  return post(app, '/oauth/token', { grant_type: 'client_credentials', ...parameters }, headers);
}

function header(text: string): Headers {
  return [['Authorization', text]];
}

const encodedBasic = (id: string, secret: string) =>
  header(`Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`);

describe('a confidential client', () => {
  it('authenticates with its registered method', async () => {
    expect((await ask({}, basic(withBasic))).status).toBe(200);
    expect((await ask(withPost)).status).toBe(200);
  });

  it('may also send its client_id in the form', async () => {
    expect((await ask({ client_id: withBasic.client_id }, basic(withBasic))).status).toBe(200);
  });

  it('may encode its id and secret as a form does (RFC 6749 section 2.3.1)', async () => {
    const percent = (text: string) => text.replaceAll(/[-_]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
    const { client_id: id, client_secret: secret } = withBasic;
    expect((await ask({}, encodedBasic(percent(id), percent(secret)))).status).toBe(200);
  });

  it('may write the scheme in any case (RFC 9110 section 11.1)', async () => {
    const [[, value]] = basic(withBasic) as [[string, string]];
    expect((await ask({}, header(value.replace('Basic', 'bAsIC ')))).status).toBe(200);
  });

  it('is refused with the other method, although the secret is right', async () => {
    await expectOAuthError(ask({}, basic(withPost)), 401, 'invalid_client');
    await expectOAuthError(ask(withBasic), 401, 'invalid_client');
  });

  it('is refused without a secret', async () => {
    await expectOAuthError(ask({ client_id: withBasic.client_id }), 401, 'invalid_client');
    await expectOAuthError(ask({ client_id: withPost.client_id, client_secret: '' }), 401, 'invalid_client');
    await expectOAuthError(ask({}, encodedBasic(withBasic.client_id, '')), 401, 'invalid_client');
  });

  it('gets the same response for a wrong secret as an unknown client', async () => {
    const wrong = await expectOAuthError(
      ask({}, basic({ ...withBasic, client_secret: 'wrong' })),
      401,
      'invalid_client',
    );
    const none = await expectOAuthError(ask({}, basic(unknown)), 401, 'invalid_client');
    expect(none.body).toEqual(wrong.body);
  });

  it('has two valid secrets, so that one can be replaced without a refused request', async () => {
    const first = await newClient(app, admin);
    const renew = async () => {
      const path = `/admin/clients/${first.client_id}/secret`;
      const { status, body } = await call(app, 'POST', path, { token: admin.access_token });
      expect({ status, secrets: body.secrets.length }).toEqual({ status: 201, secrets: 2 });
      return body as RegisteredClient;
    };
    const second = await renew();
    expect((await ask({}, basic(first))).status).toBe(200);
    expect((await ask({}, basic(second))).status).toBe(200);
    const third = await renew();
    await expectOAuthError(ask({}, basic(first)), 401, 'invalid_client');
    expect((await ask({}, basic(second))).status).toBe(200);
    expect((await ask({}, basic(third))).status).toBe(200);
  });
});

describe('a public client', () => {
  it('authenticates with its client_id alone', async () => {
    const { refresh_token } = await signInWith(app, open);
    const form = { grant_type: 'refresh_token', refresh_token, client_id: open.client_id };
    expect((await post(app, '/oauth/token', form)).status).toBe(200);
  });

  it('may send its id as Basic with an empty secret, as many libraries do', async () => {
    const { refresh_token } = await signInWith(app, open);
    const form = { grant_type: 'refresh_token', refresh_token };
    expect((await post(app, '/oauth/token', form, encodedBasic(open.client_id, ''))).status).toBe(200);
  });

  it('is not what a confidential client becomes by leaving its secret empty', async () => {
    await expectOAuthError(ask({}, encodedBasic(withBasic.client_id, '')), 401, 'invalid_client');
    await expectOAuthError(ask({}, encodedBasic(withPost.client_id, '')), 401, 'invalid_client');
  });

  it.each([
    ['in the form', (id: string) => ask({ client_id: id, client_secret: 'x' })],
    ['in the header', (id: string) => ask({}, encodedBasic(id, 'x'))],
  ])('is refused with a secret %s, because it has none', async (_, send) => {
    await expectOAuthError(send(open.client_id), 401, 'invalid_client');
    await expectOAuthError(send('pawl'), 401, 'invalid_client');
  });
});

describe('not a client', () => {
  it.each<[string, Headers]>([
    ['nothing', []],
    ['a header without anything', header('Basic')],
    ['a header that is not base64', header('Basic !!!')],
    ['a pair without a colon', header(`Basic ${btoa('nothing')}`)],
    ['a broken percent-encoding', header(`Basic ${btoa('%zz:secret')}`)],
    ['U+0000 as a name', header(`Basic ${btoa('\0:secret')}`)],
    ['U+0000 as an encoded name', header(`Basic ${btoa('%00:secret')}`)],
    ['another scheme', header('Digest username="x"')],
  ])('is %s', async (_, headers) => {
    await expectOAuthError(ask({}, headers), 401, 'invalid_client');
  });

  it('is an access token, even of an admin', async () => {
    await expectOAuthError(ask({}, header(`Bearer ${admin.access_token}`)), 401, 'invalid_client');
    await expectOAuthError(ask({ client_id: 'pawl' }, header(`Bearer ${admin.access_token}`)), 401, 'invalid_client');
  });

  it('is a cookie', async () => {
    const { access_token, refresh_token } = await register(app);
    const cookie = `__Host-pawl_access=${access_token}; __Host-pawl_refresh=${refresh_token}`;
    await expectOAuthError(ask({}, [['Cookie', cookie]]), 401, 'invalid_client');
    const grant = { grant_type: 'refresh_token', client_id: 'pawl' };
    await expectOAuthError(post(app, '/oauth/token', grant, [['Cookie', cookie]]), 400, 'invalid_request');
    await expectOAuthError(
      post(app, '/oauth/revoke', { client_id: 'pawl' }, [['Cookie', cookie]]),
      400,
      'invalid_request',
    );
    expect((await call(app, 'GET', '/notes', { token: access_token })).status).toBe(200);
  });

  it('is a secret in the URL, which ends up in logs (RFC 6749 section 2.3.1)', async () => {
    const query = new URLSearchParams({ grant_type: 'client_credentials', ...withPost }).toString();
    await expectOAuthError(post(app, `/oauth/token?${query}`, {}), 400, 'invalid_request');
    const form: Parameters = { grant_type: 'client_credentials' };
    await expectOAuthError(post(app, `/oauth/token?${query}`, form), 401, 'invalid_client');
  });
});

describe('more than one client', () => {
  it.each<[string, () => [Record<string, string>, Headers]]>([
    ['secrets in header and form', () => [withBasic, basic(withBasic)]],
    ['secret and assertion', () => [{ ...withPost, ...assertion }, []]],
    ['header and assertion', () => [assertion, basic(withBasic)]],
    ['two Authorization headers', () => [{}, [...basic(withBasic), ...basic(withBasic)]]],
    ['another client_id in the form', () => [{ client_id: open.client_id }, basic(withBasic)]],
  ])('as %s is refused', async (_, request) => {
    await expectOAuthError(ask(...request()), 400, 'invalid_request');
  });

  const assertion = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'e30.e30.x',
  };
});

describe('the body', () => {
  it.each([
    ['JSON', 'application/json', () => JSON.stringify({ grant_type: 'client_credentials', ...withPost })],
    ['broken JSON', 'application/json', () => '{'],
    ['text', 'text/plain', () => new URLSearchParams({ grant_type: 'client_credentials', ...withPost }).toString()],
    ['multipart', 'multipart/form-data; boundary=x', () => '--x--'],
  ])('as %s is refused', async (_, type, body) => {
    const answer = rawCall(app, {
      method: 'POST',
      path: '/oauth/token',
      headers: [['Content-Type', type]],
      body: body(),
    });
    await expectOAuthError(answer, 400, 'invalid_request');
  });

  it('may be missing, and is then refused for its missing parameters', async () => {
    await expectOAuthError(rawCall(app, { method: 'POST', path: '/oauth/token' }), 400, 'invalid_request');
    await expectOAuthError(post(app, '/oauth/token', {}), 400, 'invalid_request');
  });

  it('may name its encoding', async () => {
    const type = ['Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8'] as const;
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...withPost }).toString();
    expect((await rawCall(app, { method: 'POST', path: '/oauth/token', headers: [type], body })).status).toBe(200);
  });

  it('is not accepted as a form elsewhere: a page of another site could send one', async () => {
    const answer = await post(app, '/auth/login', { email: 'a@example.com', password: 'x' });
    expect(answer.body).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    const ofAdmin = [['Authorization', `Bearer ${admin.access_token}`]] as const;
    expect((await post(app, '/admin/clients', { client_name: 'x' }, ofAdmin)).status).toBe(415);
  });

  it.each(['grant_type', 'client_id', 'client_secret', 'scope'])('with %s twice is refused', async (name) => {
    const once = Object.entries({ grant_type: 'client_credentials', scope: 'a', ...withPost });
    const twice = [...once, ...once.filter(([key]) => key === name)];
    await expectOAuthError(post(app, '/oauth/token', twice), 400, 'invalid_request');
  });

  it('with an unknown parameter, even twice, is accepted', async () => {
    const form = [
      ...Object.entries({ grant_type: 'client_credentials', ...withPost }),
      ['resource', 'a'],
      ['resource', 'b'],
    ];
    expect((await post(app, '/oauth/token', form as [string, string][])).status).toBe(200);
  });

  it('with an empty parameter counts as without it (RFC 6749 section 3.2)', async () => {
    expect((await ask({ ...withPost, scope: '', client_assertion: '' })).status).toBe(200);
    await expectOAuthError(ask({ ...withPost, grant_type: '' }), 400, 'invalid_request');
  });

  it.each(['grant_type', 'client_id', 'client_secret', 'anything'])('with U+0000 in %s is refused', async (name) => {
    await expectOAuthError(ask({ ...withPost, [name]: 'a\0b' }), 400, 'invalid_request');
  });

  it('with broken percent-encoding or invalid UTF-8 is refused like any other wrong value', async () => {
    const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
    const body = Buffer.concat([
      Buffer.from('grant_type=client_credentials&client_id=%zz%ff'),
      Buffer.from([0xc3, 0x28]),
    ]);
    await expectOAuthError(
      rawCall(app, { method: 'POST', path: '/oauth/token', headers, body }),
      401,
      'invalid_client',
    );
  });

  it('of more than 64 KiB is refused in the same shape', async () => {
    await expectOAuthError(ask({ ...withPost, padding: 'x'.repeat(70_000) }), 413, 'invalid_request');
  });

  it.each(['__proto__', 'constructor', 'toString'])('with a parameter named %s is accepted', async (name) => {
    expect((await ask({ ...withPost, [name]: 'x' })).status).toBe(200);
  });
});

describe('an endpoint that does not exist', () => {
  it.each([
    ['GET', '/oauth/token'],
    ['POST', '/oauth/authorize'],
    ['GET', '/oauth/'],
    ['DELETE', '/oauth/revoke'],
  ])('%s %s is refused in the same shape', async (method, path) => {
    await expectOAuthError(rawCall(app, { method, path }), 404, 'invalid_request');
  });

  it('is not mistaken for one that exists because of its spelling', async () => {
    const { body } = await rawCall(app, { path: '/oauthx' });
    expect(body).toMatchObject({ code: 'not_found' });
    await expectOAuthError(rawCall(app, { method: 'POST', path: '/%6fauth/token' }), 400, 'invalid_request');
  });
});

/** Another instance, and what it logs. */
async function startLogging(): Promise<{ logging: TestApp; log: RecordingDestination }> {
  const log = recordingDestination();
  return { logging: await startApp({ database: app.db, env: { LOG_LEVEL: 'info' }, logDestination: log }), log };
}

it('the log says why an assertion was refused, and the response does not', async () => {
  const { logging, log } = await startLogging();
  try {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const keys = [await exportJWK(publicKey)];
    const client = await newClient(app, admin, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } });
    const { client_id: id } = client;
    const claims = { iss: id, sub: id, aud: 'https://other.example.com', jti: 'a', exp: app.clock.nowSeconds() + 60 };
    const { body } = await expectOAuthError(
      post(logging, '/oauth/token', {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey),
      }),
      401,
      'invalid_client',
    );
    expect(JSON.stringify(body)).not.toContain('aud');
    const line = log.entries<{ detail?: string }>().find(({ detail }) => detail);
    expect(line!.detail).toBe(
      `client ${id} by private_key_jwt: ERR_JWT_CLAIM_VALIDATION_FAILED: unexpected "aud" claim value`,
    );
  } finally {
    await logging.close();
  }
});

it('a refused client is recorded in the audit log, and its secret nowhere', async () => {
  const { logging, log } = await startLogging();
  try {
    await post(
      logging,
      '/oauth/token',
      { grant_type: 'client_credentials' },
      basic({ ...withBasic, client_secret: 'wrong' }),
    );
    await post(logging, '/oauth/token', { grant_type: 'client_credentials' }, basic(withBasic));
    const created = await createClient(logging, admin, { grant_types: [] });
    expect(log.text).toContain('"event":"client.refused"');
    expect(log.text).toContain(`"subjectClientId":"${withBasic.client_id}"`);
    expect(log.text).toContain('"event":"client.created"');
    for (const secret of [withBasic.client_secret, created.body.client_secret, 'wrong'])
      expect(log.text).not.toContain(secret);
  } finally {
    await logging.close();
  }
});
