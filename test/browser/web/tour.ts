import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Pictures for a person to look at. */
const pictures = join(tmpdir(), 'pawl-web');

const axe = readFileSync(join(import.meta.dirname, '../../../node_modules/axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** Takes a picture, and returns what axe-core finds on the page and what is wider than the window. */
export async function inspect(page: Page, name: string): Promise<string[]> {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  // Through the debugger: the policy of the page allows no inline script.
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Runtime.evaluate', { expression: axe });
  const { result } = await devtools.send('Runtime.evaluate', {
    expression: 'axe.run().then(({ violations }) => JSON.stringify(violations))',
    awaitPromise: true,
  });
  await devtools.detach();
  const violations = JSON.parse(result.value as string) as Violation[];
  const findings = violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  return overflow > 0 ? [...findings, `${name}: ${overflow} px wider than the window`] : findings;
}
