import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Clock } from '../common/clock.js';
import { loadConfig } from '../config/config.js';
import { OpenIdProvider } from './openid-provider.js';
import type { UpstreamFetch } from './upstream-fetch.js';

/**
 * Microsoft for every tenant (`/common/`): the issuer in the metadata is a template, and each ID token has the issuer of its
 * tenant. Nothing goes over a network here, because only the host of Microsoft may do so.
 */
const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const template = 'https://login.microsoftonline.com/{tenantid}/v2.0';
const issuerOf = (tid: string) => template.replace('{tenantid}', tid);
const { privateKey, publicKey } = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig' };
const kid = await calculateJwkThumbprint(jwk);

interface Imitation {
  /** The issuer of the settings. */
  issuer?: string;
  metadata?: object;
  clock?: Clock;
}

/** Signs in at a provider that says this. */
function signInAt({ claims, ...imitation }: Imitation & { claims: Record<string, unknown> }) {
  return visitorOf(imitation)(claims);
}

/** Signs in at one and the same provider, each time with an ID token of these claims. */
function visitorOf({
  issuer = 'https://login.microsoftonline.com/common/v2.0',
  metadata,
  clock = new Clock(),
}: Imitation) {
  const { providers } = loadConfig({
    AUTH_SECRET: 'a secret of some forty characters or more',
    PROVIDERS: 'microsoft',
    PROVIDER_MICROSOFT_ISSUER: issuer,
    PROVIDER_MICROSOFT_CLIENT_ID: 'pawl',
    PROVIDER_MICROSOFT_CLIENT_SECRET: 'the secret of the client',
  });
  const base = new URL(issuer).origin;
  const bodies: Record<string, object> = {
    '/.well-known/openid-configuration': {
      issuer: template,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      jwks_uri: `${base}/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
      ...metadata,
    },
    '/keys': { keys: [{ ...jwk, kid }] },
  };
  const fetchUpstream: UpstreamFetch = (url) => {
    const { pathname } = new URL(url);
    const found = Object.entries(bodies).find(([path]) => pathname.endsWith(path));
    return Promise.resolve(Response.json(found?.[1] ?? {}, { status: found ? 200 : 404 }));
  };
  const provider = new OpenIdProvider(providers[0]!, clock, () => fetchUpstream);
  const callback = new URL(`https://auth.example/auth/providers/microsoft/callback?code=c&state=the+state`);
  const flow = { state: 'the state', nonce: 'the nonce', codeVerifier: 'v'.repeat(43) };
  return async (claims: Record<string, unknown>) => {
    const now = Math.floor(Date.now() / 1000);
    const usual = { aud: 'pawl', sub: 'ada', nonce: flow.nonce, iat: now, exp: now + 60 };
    const idToken = await new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid })
      .sign(privateKey);
    bodies['/token'] = { access_token: 'at', token_type: 'Bearer', id_token: idToken };
    return provider.redeem(callback, flow);
  };
}

describe('Microsoft for every tenant', () => {
  it('knows people by the issuer of their tenant, and proves no address by email_verified', async () => {
    const claims = { iss: issuerOf(tenant), tid: tenant, email: 'ada@example.com', email_verified: true };
    expect(await signInAt({ claims })).toMatchObject({
      issuer: issuerOf(tenant),
      subject: 'ada',
      emailVerified: false,
    });
    expect(await signInAt({ claims: { ...claims, xms_edov: true } })).toMatchObject({ emailVerified: true });
  });

  it.each<[string, Record<string, unknown>]>([
    [
      'the issuer of another tenant than its tid',
      { iss: issuerOf('9188040d-6c67-4c5b-b112-36a304b66dad'), tid: tenant },
    ],
    ['the template itself', { iss: template }],
    ['the template itself, and a tid that makes it so', { iss: template, tid: '{tenantid}x' }],
    ['no tid', { iss: issuerOf(tenant) }],
    [
      'a host that only looks like Microsoft',
      { iss: `https://login.microsoftonline.com.evil.example/${tenant}/v2.0`, tid: tenant },
    ],
    ['a tid that leads to another host', { iss: 'https://evil.example', tid: '../../evil.example' }],
  ])('refuses an ID token with %s (attack: a tenant of the attacker)', async (_, claims) => {
    await expect(signInAt({ claims })).rejects.toMatchObject({ code: 'provider_invalid' });
  });

  it('of one tenant refuses every other', async () => {
    const issuer = issuerOf(tenant);
    const one = { issuer, metadata: { issuer } };
    expect(await signInAt({ ...one, claims: { iss: issuer, tid: tenant } })).toMatchObject({ issuer });
    const other = '9188040d-6c67-4c5b-b112-36a304b66dad';
    for (const claims of [
      { iss: issuerOf(other), tid: other },
      { iss: issuerOf(other), tid: tenant },
    ]) {
      await expect(signInAt({ ...one, claims })).rejects.toMatchObject({ code: 'provider_invalid' });
    }
  });

  it('is Microsoft only: at any other host, a template as the issuer is refused (attack: an imitation)', async () => {
    for (const issuer of [
      'https://login.microsoftonline.com.evil.example/common/v2.0',
      'https://evil.example/common/v2.0',
    ]) {
      const claims = { iss: issuerOf(tenant), tid: tenant };
      await expect(signInAt({ issuer, claims })).rejects.toMatchObject({ code: 'provider_invalid' });
      const metadata = { issuer: issuer.replace('common', '{tenantid}') };
      const own = { iss: issuer.replace('common', tenant), tid: tenant };
      await expect(signInAt({ issuer, metadata, claims: own })).rejects.toMatchObject({ code: 'provider_invalid' });
    }
  });
});

describe('an ID token, on a machine whose clock is wrong', () => {
  const hourSeconds = 3600;
  /** A clock whose database, which is right, shows this many seconds more than the machine. */
  const behind = (seconds: number) => {
    const clock = new Clock();
    clock.follow(Date.now() + seconds * 1000, performance.now(), performance.now());
    return clock;
  };
  const issuedAt = (offsetSeconds: number) => {
    const iat = Math.floor(Date.now() / 1000) + offsetSeconds;
    return { iss: issuerOf(tenant), tid: tenant, iat, nbf: iat, exp: iat + 60 };
  };

  it.each([hourSeconds, -hourSeconds])('is judged by the time of the database, %i s away', async (seconds) => {
    const clock = behind(seconds);
    expect(await signInAt({ clock, claims: issuedAt(seconds) })).toMatchObject({ subject: 'ada' });
    // What the wrong clock would have called valid.
    await expect(signInAt({ clock, claims: issuedAt(0) })).rejects.toMatchObject({ code: 'provider_invalid' });
  });

  it('is judged so also if the clock was set after the provider was discovered', async () => {
    const clock = behind(0);
    const signIn = visitorOf({ clock });
    expect(await signIn(issuedAt(0))).toMatchObject({ subject: 'ada' });
    const asked = performance.now();
    clock.follow(Date.now() + hourSeconds * 1000, asked, performance.now());
    expect(await signIn(issuedAt(hourSeconds))).toMatchObject({ subject: 'ada' });
    await expect(signIn(issuedAt(0))).rejects.toMatchObject({ code: 'provider_invalid' });
  });
});
