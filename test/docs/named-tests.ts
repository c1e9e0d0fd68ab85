import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

/** Whether the file spells out this title: of a test, or in a row of `it.each`. */
export function namesTest(file: string, title: string): boolean {
  return existsSync(join(root, file)) && stringsOf(file).has(title);
}

function stringsOf(file: string): Set<string> {
  const strings = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest));
  return strings;
}
