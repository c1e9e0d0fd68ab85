import { expect } from '@jest/globals';
import type { OtherService } from '../../packages/nest/test/guard/service.js';
import { get, startServiceForTest } from '../../packages/nest/test/guard/service.js';
import { issuer, newClient } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { makeAdmin } from '../support/http.js';
import { until } from '../support/until.js';
import type { HonestClient } from './honest-client.js';

/** A service of another team that follows the revocation feed with @pawl/nest, at an address of Pawl. */
export async function startFollower(app: TestApp, pawlUrl = app.url): Promise<OtherService> {
  const scope = { grant_types: ['client_credentials'], scope: 'revocations' };
  const { client_id: clientId, client_secret: clientSecret } = await newClient(app, await makeAdmin(app), scope);
  const jwksUri = new URL('/.well-known/jwks.json', pawlUrl).href;
  return startServiceForTest({ issuer, jwksUri, revocation: { clientId, clientSecret } });
}

/** The service refuses what clients have ended, and nothing else. */
export async function expectFollowerToAgree(service: OtherService, clients: readonly HonestClient[]): Promise<void> {
  for (const { access_token: token } of clients.flatMap(({ ended }) => ended.flat())) {
    await until(async () => (await get(service, 'user', token)).code === 'token_revoked');
  }
  for (const { held } of clients) {
    if (held.length > 0) expect(await get(service, 'user', held.at(-1)!.access_token)).toMatchObject({ status: 200 });
  }
}
