import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { rawCall } from '../support/raw-http.js';

const documents = ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server'];
const listed = 'https://app.example';

describe.each<[string, Record<string, string>]>([
  ['without CORS_ORIGINS', {}],
  ['with CORS_ORIGINS', { CORS_ORIGINS: listed }],
])('%s', (_, env) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ env });
  });
  afterAll(() => app.close());

  it.each(documents)('%s can be read by a page of any origin, without credentials', async (path) => {
    for (const origin of ['https://anyone.example', 'null', 'capacitor://localhost']) {
      const { status, headers } = await rawCall(app, { path, headers: [['Origin', origin]] });
      expect(status).toBe(200);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  it('no other document can', async () => {
    const { headers } = await rawCall(app, { path: '/health', headers: [['Origin', 'https://anyone.example']] });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a listed origin', () => {
  it.each(documents)('still reads %s with credentials', async (path) => {
    const app = await startApp({ env: { CORS_ORIGINS: listed } });
    const { headers } = await rawCall(app, { path, headers: [['Origin', listed]] });
    await app.close();
    expect(headers.get('access-control-allow-origin')).toBe(listed);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('vary')).toMatch(/origin/i);
  });
});
