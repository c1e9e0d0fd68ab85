import { startApp } from '../support/app.js';
import { goodPassword, newEmail } from '../support/http.js';

const body = () => JSON.stringify({ email: newEmail(), password: goodPassword });

it('a service that shuts down finishes the requests in flight, and does not wait for connections that clients keep open', async () => {
  const app = await startApp();
  const register = () =>
    fetch(`${app.url}/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body(),
    });
  await register();
  let reachedHandler = () => {};
  const inFlight = new Promise<void>((resolve) => (reachedHandler = resolve));
  app.nest.getHttpServer().once('request', () => reachedHandler());

  const response = register();
  await inFlight;
  // Would last as long as a client keeps an idle connection: longer than this test may take.
  const [{ status }] = await Promise.all([response, app.close()]);
  expect(status).toBe(201);
});
