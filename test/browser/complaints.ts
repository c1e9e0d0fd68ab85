import type { Page } from 'playwright-core';

/**
 * Calls `report` with each error that the browser reports about a page: refused by the policy, failed to load, thrown.
 * A request that ends because its page was left or closed is none of these (`net::ERR_ABORTED`).
 */
export function onComplaint(page: Page, report: (complaint: string) => void): void {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) report(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => report(error.message));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    if (reason !== 'net::ERR_ABORTED') report(`${request.url()} ${reason}`);
  });
}
