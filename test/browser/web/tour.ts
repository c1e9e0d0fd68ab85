import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Pictures for a person to look at. */
export const pictures = join(import.meta.dirname, '../../../coverage/pictures');

const axe = readFileSync(join(import.meta.dirname, '../../../node_modules/axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** Takes a picture, and returns what axe-core finds on the page and what is wider than the window. */
export async function inspect(page: Page, name: string): Promise<string[]> {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  // Not with a debugger session of its own: the end of one removes the virtual authenticators of the page.
  await page.evaluate(axe);
  const json = await page.evaluate<string>('axe.run().then(({ violations }) => JSON.stringify(violations))');
  const violations = JSON.parse(json) as Violation[];
  const findings = violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  return overflow > 0 ? [...findings, `${name}: ${overflow} px wider than the window`] : findings;
}
