import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import ts from 'typescript';

/** Pictures for a person to look at. */
export const pictures = join(import.meta.dirname, '../../../coverage/pictures');

const axe = readFileSync(join(import.meta.dirname, '../../../node_modules/axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

const sources = join(import.meta.dirname, '../../../packages/web/src');
const dictionaries = ['i18n/en.ts', 'i18n/ko.ts', 'admin/words.ts', 'token/words.ts'];

const escape = (text: string) => text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');

/** The texts of a language, as patterns: what a template puts in can be anything. */
function textsOf(language: 'en' | 'ko'): Set<string> {
  const texts = new Set<string>();
  const collect = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.add(escape(node.text));
    else if (ts.isTemplateExpression(node)) {
      texts.add(
        [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => escape(text)).join('.+'),
      );
    }
    ts.forEachChild(node, collect);
  };
  for (const file of dictionaries) {
    const source = ts.createSourceFile(file, readFileSync(join(sources, file), 'utf8'), ts.ScriptTarget.Latest);
    ts.forEachChild(source, function find(node) {
      if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === language) collect(node);
      else ts.forEachChild(node, find);
    });
  }
  return texts;
}
const korean = textsOf('ko');
/** What no page says in Korean: texts of the English dictionary that are not the same in Korean. */
const english = [...textsOf('en')]
  .filter((text) => !korean.has(text) && /[a-z]/.test(text))
  .map((text) => new RegExp(`^${text}$`));

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

/** What people see, and what a screen reader says. A text that is put together of several is also looked at in its parts. */
const readTexts = `(() => {
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [document.title, ...document.body.innerText.split('\\n')];
  while (nodes.nextNode()) texts.push(nodes.currentNode.data);
  for (const name of ['aria-label', 'alt', 'placeholder', 'title']) {
    for (const element of document.querySelectorAll('[' + name + ']')) texts.push(element.getAttribute(name));
  }
  return { wanted: navigator.language, language: document.documentElement.lang, texts };
})()`;

async function untranslated(page: Page): Promise<string[]> {
  const { wanted, language, texts } = await page.evaluate<{ wanted: string; language: string; texts: string[] }>(
    readTexts,
  );
  if (language !== 'ko') return wanted.startsWith('ko') ? [`the language ${language}`] : [];
  const shown = new Set(texts.flatMap((text) => [text, ...text.split(' · ')]).map((text) => text.trim()));
  return [...shown].filter((text) => english.some((pattern) => pattern.test(text)));
}
