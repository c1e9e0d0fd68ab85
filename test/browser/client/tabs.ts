import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { bundle } from '../../../packages/client/test/bundle.js';

/** Serves one HTML page with one module, on an origin of its own. */
export async function startFrontend(module: string) {
  const script = await bundle(join(import.meta.dirname, module));
  const server = createServer((request, response) => {
    const isScript = request.url === '/frontend.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(isScript ? script : frontendPage);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const frontendPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>loading</title><div id="root"></div><script type="module" src="/frontend.js"></script></html>`;

/** Opens a tab and waits until its module has run. */
export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(url);
  await tab.waitForFunction('document.title === "ready"');
  return tab;
}
