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

const sources = join(import.meta.dirname, '../../../packages/web/src');
const dictionaries = ['admin/words.ts', 'token/words.ts'].map((file) => readFileSync(join(sources, file), 'utf8'));
const wordsOf = (language: 'en' | 'ko') => [
  readFileSync(join(sources, `i18n/${language}.ts`), 'utf8'),
  ...dictionaries.map((source) => new RegExp(`^const ${language}\\b.*?^};`, 'ms').exec(source)![0]),
];
const textsOf = (language: 'en' | 'ko') =>
  new Set(
    wordsOf(language).flatMap((source) => [...source.matchAll(/'((?:[^'\\\n]|\\.)+)'/g)].map(([, text]) => text!)),
  );
const korean = textsOf('ko');
/** What no page says in Korean: texts of the English dictionary that are not the same in Korean. */
const english = [...textsOf('en')].filter((text) => !korean.has(text) && /[a-z]/.test(text));
/** The same for texts with gaps, such as `Added ${date}`. */
const englishWithGaps = wordsOf('en')
  .flatMap((source) => [...source.matchAll(/`([^`]+)`/g)].map(([, text]) => text!.split(/\$\{[^}]+\}/)))
  .filter((parts) => /[a-z]/.test(parts.join('')))
  .map((parts) => new RegExp(`^${parts.map((part) => part.replace(/[^\w ]/g, '\\$&')).join('.+')}$`));

/** Takes a picture, and returns what axe-core finds on the page, what is wider than the window, and what is not translated. */
export async function inspect(page: Page, name: string): Promise<string[]> {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  // Not with a debugger session of its own: the end of one removes the virtual authenticators of the page.
  await page.evaluate(axe);
  const json = await page.evaluate<string>('axe.run().then(({ violations }) => JSON.stringify(violations))');
  const violations = JSON.parse(json) as Violation[];
  const findings = violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
  findings.push(...(await untranslated(page)).map((text) => `${name}: "${text}" is not in Korean`));
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  return overflow > 0 ? [...findings, `${name}: ${overflow} px wider than the window`] : findings;
}

async function untranslated(page: Page): Promise<string[]> {
  const { wanted, language, texts } = await page.evaluate<{ wanted: string; language: string; texts: string[] }>(`({
    wanted: navigator.language,
    language: document.documentElement.lang,
    texts: [
      ...document.body.innerText.split(/\\n| · /),
      ...['aria-label', 'title', 'placeholder', 'alt'].flatMap((name) =>
        [...document.querySelectorAll('[' + name + ']')].map((element) => element.getAttribute(name)),
      ),
    ],
  })`);
  if (language !== 'ko') return wanted.startsWith('ko') ? [`the language ${language}`] : [];
  const shown = [...new Set(texts.map((text) => text.trim()))];
  return shown.filter((text) => english.includes(text) || englishWithGaps.some((pattern) => pattern.test(text)));
}
