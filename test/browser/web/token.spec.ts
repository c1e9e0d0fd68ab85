import type { BrowserContextOptions, Request } from 'playwright-core';
import { call, expectProblem, expectStatus, register } from '../../support/http.js';
import { startAppForTest } from '../../support/per-test.js';
import { inspect } from './tour.js';
import { windows } from './visit.js';
import { setUpWalk } from './walk.js';

// The page compares times with the clock of the browser, so these tests move no clock.
const walk = setUpWalk();

/** Opens the page, and records what it sends. */
async function open(options?: BrowserContextOptions) {
  if (options) await walk.open(options);
  const requests: Request[] = [];
  walk.page.on('request', (request) => requests.push(request));
  await walk.goto('/token');
  await walk.page.waitForLoadState('networkidle');
  return { page: walk.page, requests };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('the page that looks into a token', () => {
  it('shows header, claims, times in words and a checked signature, and sends the token nowhere', async () => {
    const { access_token: token, user } = await register(walk.app);
    const { page, requests } = await open();
    const before = requests.length;
    await page.getByLabel('Token').fill(`Authorization: Bearer ${token}\n`);
    await page.getByText('The signature is valid').waitFor();
    await page.getByText(/Within its lifetime: expires in \d+ minutes/).waitFor();
    await page.getByText(user.id).first().waitFor();
    await page.getByText('ES256').waitFor();
    expect(await page.getByText(/minutes? · /).count()).toBeGreaterThan(0);
    expect(await inspect(page, 'token-valid')).toEqual([]);
    await page.waitForLoadState('networkidle');
    expect(requests.slice(before).map((request) => request.url())).toEqual([]);
    const [, claims = '', signature = ''] = token.split('.');
    const sent = requests.map(
      (request) => `${request.url()} ${request.postData()} ${JSON.stringify(request.headers())}`,
    );
    for (const part of [token, claims, signature]) expect(sent.join('\n')).not.toContain(part);
    const kept = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, history.state])';
    expect(await page.evaluate<string>(kept)).not.toContain(claims);
  });

  it('says what is wrong with a changed, a foreign, an unsigned and an expired token', async () => {
    const { access_token: token } = await register(walk.app);
    const [header = '', claims = '', signature = ''] = token.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const { page } = await open();
    const paste = (text: string) => page.getByLabel('Token').fill(text);
    await paste(`${header}.${encode({ sub: 'somebody', role: 'admin' })}.${signature}`);
    await page.getByText('The signature is not valid.').waitFor();
    await page.getByText('Has no expiry').waitFor();
    // RFC 8725 section 2.1: the public key as a shared secret, and no signature at all.
    await paste(`${encode({ alg: 'RS256', kid })}.${claims}.${signature}`);
    await page.getByText('The signature is not valid.').waitFor();
    await paste(`${encode({ alg: 'ES256', kid: 'elsewhere' })}.${claims}.${signature}`);
    await page.getByText('No key of this service').waitFor();
    await paste(`${encode({ alg: 'none' })}.${encode({ exp: 1_000_000_000 })}.`);
    await page.getByText('This token has no signature.').waitFor();
    await page.getByText(/Expired .* ago/).waitFor();
    await paste(`${encode({ alg: 'HS256' })}.${encode({ nbf: 32_503_680_000 })}.AAAA`);
    await page.getByText('signed with a shared secret').waitFor();
    await page.getByText('Not valid yet').waitFor();
    expect(await inspect(page, 'token-not-valid')).toEqual([]);
  });

  it.each([
    ['a.b', 'This is not a JSON Web Token'],
    ['<img src=x>', 'This is not a JSON Web Token'],
    [`${encode([])}.${encode('text')}.AAAA`, 'This is not a JSON Web Token'],
    [`${encode({})}.${encode({})}.AAAA.AAAA.AAAA`, 'This is not a JSON Web Token'],
    [`pwl1_${'A'.repeat(60)}`, 'This is a refresh token or a secret.'],
  ])('says so if %s is pasted', async (text, sentence) => {
    const { page } = await open();
    await page.getByLabel('Token').fill(text);
    await page.getByText(sentence).waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('The header, the claims and the signature appear here.').waitFor();
  });

  it('shows what is readable when the keys cannot be loaded, and tries again', async () => {
    const { access_token: token } = await register(walk.app);
    const { page } = walk;
    await page.route('**/jwks.json', (route) => route.abort());
    await walk.goto('/token');
    await page.getByLabel('Token').fill(token);
    await page.getByText('could not be loaded').waitFor();
    expect(await inspect(page, 'token-no-keys')).toEqual([]);
    await page.unroute('**/jwks.json');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The signature is valid').waitFor();
    walk.visit.complaints = walk.visit.complaints.filter((text) => !text.includes('ERR_FAILED'));
  });

  it.each(windows)('has nothing that axe-core finds, and fits the window: %s', async (name, options) => {
    const { access_token: token } = await register(walk.app);
    const { page } = await open(options);
    const empty = await inspect(page, `${name}-token-empty`);
    await page.locator('textarea').fill(token);
    await page.locator('.notice.success').nth(1).waitFor();
    expect([...empty, ...(await inspect(page, `${name}-token`))]).toEqual([]);
  });

  it('is there with PAGES=on only', async () => {
    await expectStatus(call(walk.app, 'GET', '/token'), 200);
    for (const PAGES of ['account', 'off']) {
      await expectProblem(call(await startAppForTest({ env: { PAGES } }), 'GET', '/token'), 404, 'not_found');
    }
  });
});
