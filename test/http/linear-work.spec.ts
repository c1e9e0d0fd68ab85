import { request as httpRequest } from 'node:http';
import { readUserLine } from '../../src/cli/users/user-line.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { WorkCounter } from '../support/counted-work.js';
import { startWorkCounter } from '../support/counted-work.js';

type Request = { method?: 'GET' | 'POST'; url?: string; headers?: Record<string, string>; payload?: string };
/** A request with an input of about `size` characters. */
type Input = (size: number) => Request;

const form = (fill: (size: number) => string, url = '/oauth/token'): Input => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return (size) => ({ method: 'POST', url, headers, payload: fill(size) });
};
const json = (fill: (size: number) => string, url = '/auth/login'): Input => {
  const headers = { 'content-type': 'application/json' };
  return (size) => ({ method: 'POST', url, headers, payload: fill(size) });
};
const header =
  (name: string, fill: (size: number) => string, rest: Request = {}): Input =>
  (size) => ({ url: '/auth/me', ...rest, headers: { ...rest.headers, [name]: fill(size) } });
const path =
  (fill: (size: number) => string): Input =>
  (size) => ({ url: fill(size) });

const repeat = (text: string) => (size: number) => text.repeat(Math.ceil(size / text.length));
/** Different each time: `a0b`, `a1b`, ... */
const each = (before: string, after: string) => (size: number) => {
  let text = '';
  for (let i = 0; text.length < size; i++) text += `${before}${i.toString(36)}${after}`;
  return text;
};
const field = (name: string, fill: (size: number) => string) => (size: number) =>
  JSON.stringify({ email: 'ada@example.com', password: 'x', [name]: fill(size) });
const post = { method: 'POST', url: '/auth/login', payload: '{}' } as const;
const asJson = { ...post, headers: { 'content-type': 'application/json' } };
const basic = (fill: (size: number) => string) =>
  header('authorization', (size) => `Basic ${Buffer.from(fill((size * 3) / 4)).toString('base64')}`, {
    method: 'POST',
    url: '/oauth/token',
    payload: 'grant_type=client_credentials',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

const bodies: Record<string, Input> = {
  'a form of distinct names': form(each('n', '&')),
  'a form of one name': form(repeat('a=b&')),
  'a form of separators': form(repeat('&')),
  'a form of equals signs': form(repeat('=')),
  'a form of percent escapes': form(repeat('%41')),
  'a form of broken escapes': form(repeat('%')),
  'a form of plus signs': form(repeat('+')),
  'a form with a long grant': form((size) => `grant_type=${repeat('x')(size)}`),
  'a form with a long token to introspect': form((size) => `token=${repeat('a.')(size)}`, '/oauth/introspect'),
  'a form with a long token to revoke': form((size) => `token=pwl1_${repeat('A')(size)}`, '/oauth/revoke'),
  'a form with many scopes': form((size) => `grant_type=client_credentials&scope=${each('s', '+')(size)}`),
  'a form with a long assertion': form(
    (size) =>
      `grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=${repeat('eyJ.')(size)}`,
  ),
  'a form with a long client id': form((size) => `grant_type=refresh_token&client_id=${repeat('c')(size)}`),
  'JSON of distinct keys': json((size) => `{${each('"k', '":1,')(size)}"z":1}`),
  'JSON of one key': json((size) => `{${repeat('"a":1,')(size)}"a":1}`),
  'JSON of nested lists': json((size) => '['.repeat(size / 2) + ']'.repeat(size / 2)),
  'JSON of nested objects': json((size) => '{"a":'.repeat(size / 6) + '1' + '}'.repeat(size / 6)),
  'JSON of numbers': json((size) => `[${repeat('1,')(size)}1]`),
  'JSON of escapes': json(field('name', repeat('"\\')), '/auth/register'),
  'JSON of white space': json((size) => `{${repeat(' ')(size)}}`),
  'broken JSON': json(repeat('{"a":[')),
  'an email of one letter': json(field('email', repeat('a'))),
  'an email of at signs': json(field('email', repeat('@'))),
  'an email of dots': json(field('email', (size) => `a@${repeat('.')(size)}`)),
  'an email of labels': json(field('email', (size) => `a@${repeat('a.')(size)}com`)),
  'an email of hyphens': json(field('email', (size) => `a@${repeat('-')(size)}.com`)),
  'an email of other scripts': json(field('email', (size) => `a@${repeat('한글')(size / 3)}.com`)),
  'an email of white space': json(field('email', (size) => `${repeat(' ')(size)}a@example.com${repeat('\t')(size)}`)),
  'a password of one letter': json(field('password', repeat('a')), '/auth/register'),
  'a password of words': json(field('password', repeat('correct horse ')), '/auth/register'),
  'a password of combining marks': json(field('password', repeat('a\u0323\u0307')), '/auth/register'),
  'a name of white space': json(field('name', repeat(' ')), '/auth/register'),
  'a name of surrogates': json(field('name', repeat('\ud83d\ude00')), '/auth/register'),
  'a long refresh token': json(
    (size) => JSON.stringify({ refresh_token: `pwl1_${repeat('A')(size)}` }),
    '/auth/refresh',
  ),
  'a long challenge': json(
    (size) => JSON.stringify({ challenge: `pwb1_${repeat('A')(size)}`, code: '123456' }),
    '/auth/login/factor',
  ),
  'a long recovery code': json(
    (size) => JSON.stringify({ challenge: 'pwb1_x', recovery_code: repeat('a-')(size) }),
    '/auth/login/factor',
  ),
  'a long passkey': json(
    (size) =>
      JSON.stringify({
        challenge: 'pwb1_x',
        passkey: {
          id: repeat('A')(size / 4),
          rawId: repeat('A')(size / 4),
          type: 'public-key',
          response: { clientDataJSON: repeat('A')(size / 4), authenticatorData: repeat('A')(size / 4), signature: 'A' },
          clientExtensionResults: {},
        },
      }),
    '/auth/passkeys/login',
  ),
  'a long code of a link': json((size) => JSON.stringify({ token: repeat('A')(size) }), '/auth/link/login'),
  'a long one-time token': json(
    (size) => JSON.stringify({ token: repeat('A')(size), password: 'a fine long passphrase' }),
    '/auth/password/reset',
  ),
};

const headers: Record<string, Input> = {
  'many cookies': header('cookie', each('c', '=1; ')),
  'one cookie many times': header('cookie', repeat('__Host-pawl_access=a; ')),
  'a cookie header of semicolons': header('cookie', repeat(';')),
  'a cookie header of equals signs': header('cookie', repeat('=')),
  'a cookie of quotes': header('cookie', (size) => `a=${repeat('"')(size)}`),
  'a cookie of percent escapes': header('cookie', (size) => `a=${repeat('%41')(size)}`),
  'a long access cookie': header('cookie', (size) => `__Host-pawl_access=${repeat('a.')(size)}`),
  'a long refresh cookie': header('cookie', (size) => `__Host-pawl_refresh=pwl1_${repeat('A')(size)}`, asJson),
  'a bearer token of dots': header('authorization', (size) => `Bearer ${repeat('.')(size)}`),
  'a bearer token of one letter': header('authorization', (size) => `Bearer ${repeat('a')(size)}`),
  'a bearer token with a long header': header(
    'authorization',
    (size) =>
      `Bearer ${Buffer.from(`{"alg":"ES256","kid":"${repeat('k')(size * 0.7)}"}`).toString('base64url')}.e30.AA`,
  ),
  'authorization of white space': header('authorization', (size) => `Bearer${repeat(' ')(size)}x`),
  'Basic of colons': basic(repeat(':')),
  'Basic of percent escapes': basic(repeat('%3A')),
  'Basic of one letter': basic(repeat('a')),
  'a list of forwarded addresses': header('x-forwarded-for', repeat('203.0.113.9, ')),
  'forwarded addresses of commas': header('x-forwarded-for', repeat(',')),
  'forwarded addresses of brackets': header('x-forwarded-for', repeat('[')),
  'forwarded addresses of colons': header('x-forwarded-for', repeat(':')),
  'a list of languages': header('accept-language', each('aa-', ';q=0.5,'), asJson),
  'languages of semicolons': header('accept-language', repeat(';'), asJson),
  'languages of white space': header('accept-language', (size) => `ko${repeat(' ')(size)};q=1`, asJson),
  'a list of media types': header('accept', each('text/', ';q=0.5,')),
  'a media type of parameters': header('content-type', (size) => `application/json${each(';p', '=1')(size)}`, post),
  'a media type of white space': header('content-type', (size) => `application/json${repeat(' ')(size)};`, post),
  'a media type of quotes': header('content-type', (size) => `application/json;a="${repeat('\\"')(size)}`, post),
  'a long origin': header('origin', (size) => `https://${repeat('a.')(size)}`, asJson),
  'a long host': header('host', repeat('a.')),
  'a long user agent': header('user-agent', repeat('Mozilla/5.0 ('), asJson),
  'a long device token': header('pawl-device', repeat('A'), asJson),
  'a long request id': header('x-request-id', repeat('a')),
  'a long fetch site': header('sec-fetch-site', repeat('a'), asJson),
};

const urls: Record<string, Input> = {
  'a query of distinct names': path((size) => `/health/ready?${each('n', '&')(size)}`),
  'a query of one name': path((size) => `/health/ready?${repeat('a=b&')(size)}`),
  'a query of brackets': path((size) => `/health/ready?${repeat('a[')(size)}`),
  'a query of percent escapes': path((size) => `/health/ready?a=${repeat('%41')(size)}`),
  'a path of slashes': path((size) => `/${repeat('/')(size)}`),
  'a path of segments': path((size) => `/notes${repeat('/a')(size)}`),
  'a path of dots': path((size) => `/docs/${repeat('../')(size)}`),
  'a path of percent escapes': path((size) => `/${repeat('%2f')(size)}`),
  'a long id': path((size) => `/notes/${repeat('a')(size)}`),
};

/** Lines of `pawl users import`, which other systems write. */
const importLines: Record<string, (size: number) => string> = {
  'a line of keys': (size) => `{${each('"k', '":1,')(size)}"z":1}`,
  'a line of nested lists': (size) => '['.repeat(size / 2) + ']'.repeat(size / 2),
  'a line with a long email': field('email', repeat('a.')),
  ...Object.fromEntries(
    ['$', '$2b$', '$argon2id$', 'm=1,', '=', '{SSHA}', 'a:', '$fbscrypt$v=1,', 'pbkdf2_sha256$', '$6$rounds=', ' '].map(
      (part) => [`a line with a hash of ${part}`, field('password_hash', repeat(part))],
    ),
  ),
};

describe('four times the input causes at most four times the work (attack: superlinear work on unauthenticated input)', () => {
  let app: TestApp;
  let counter: WorkCounter;
  beforeAll(async () => {
    app = await startApp({ env: { TRUST_PROXY: '127.0.0.1' } });
    counter = await startWorkCounter();
  });
  afterAll(async () => {
    await counter.stop();
    await app.close();
  });

  /** Resolves with the status. */
  const send = ({ method = 'GET', url = '/', headers = {}, payload }: Request) =>
    new Promise<number>((resolve, reject) => {
      const sent = httpRequest(app.url, { method, path: url, headers, agent: false }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode!));
      });
      sent.once('error', reject).end(payload);
    });

  /** The least of several, because background jobs and caches add to some. */
  async function workOf(request: Request): Promise<number> {
    const counts: number[] = [];
    for (let i = 0; i < 2; i++) counts.push(await counter.count(() => send(request)));
    return Math.min(...counts);
  }

  async function expectLinear(input: Input, largest: number): Promise<void> {
    expect(await send(input(largest))).toBeLessThan(500);
    const none = await workOf(input(16));
    const [few, many] = [await workOf(input(largest / 4)), await workOf(input(largest))];
    // What does not grow with the input is left out, with room for what differs from one request to the next.
    expect(many - none).toBeLessThan(5 * Math.max(few - none, 2000));
  }

  it.each(Object.keys(importLines))('%s', async (name) => {
    const read = (size: number) =>
      counter.count(async () => {
        await Promise.resolve();
        const line = Buffer.from(importLines[name]!(size));
        try {
          readUserLine(line, ['user', 'admin']);
        } catch {
          // A bad line.
        }
      });
    await read(60_000);
    const [none, few, many] = [await read(16), await read(15_000), await read(60_000)];
    expect(many - none).toBeLessThan(5 * Math.max(few - none, 2000));
  });

  // Just below the 64 KiB of a body, and the 16 KiB of the URL and the headers.
  it.each(Object.keys(bodies))('%s', (name) => expectLinear(bodies[name]!, 60_000));
  it.each(Object.keys(headers))('%s', (name) => expectLinear(headers[name]!, 15_000));
  it.each(Object.keys(urls))('%s', (name) => expectLinear(urls[name]!, 15_000));
});
