import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';

const sourceFolder = join(import.meta.dirname, '../../src');
/** The packages whose files src/ may import. */
const usedPackages = ['packages/nest'];
const packageImport = /^#pawl\/(\w+)\//;

export interface SourceFile {
  /** Relative to src/, with forward slashes; such as packages/nest/principal.ts for a file in the `src` folder of a package. */
  path: string;
  tree: ts.SourceFile;
}

/** Every TypeScript file of src/ that is written by hand. */
export function sourceFiles(): SourceFile[] {
  return filesIn(sourceFolder, '').filter(({ path }) => !path.startsWith('database/generated/'));
}

/** Every TypeScript file of the packages that src/ may import. */
export function packageFiles(): SourceFile[] {
  return usedPackages.flatMap((name) => filesIn(join(sourceFolder, '..', name, 'src'), `${name}/`));
}

function filesIn(folder: string, prefix: string): SourceFile[] {
  return codeIn(folder).map((name) => parse(`${prefix}${name}`, readFileSync(join(folder, name), 'utf8')));
}

/** Every file of code, whatever its ending. */
function codeIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.[cm]?[jt]sx?$/.test(name));
}

export function parse(path: string, text: string): SourceFile {
  return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

/** What a file imports, re-exports, names as a type or loads at run time, as written. */
export function importsOf(file: SourceFile): string[] {
  const specifiers: string[] = [];
  walk(file.tree, (node) => {
    const named = moduleNamedBy(node);
    if (named && ts.isStringLiteralLike(named)) specifiers.push(named.text);
  });
  return specifiers;
}

/** Whether a file loads a module whose name is computed, so that no table can hold it. */
export function loadsComputedModule(file: SourceFile): boolean {
  let found = false;
  walk(file.tree, (node) => {
    if (!ts.isCallExpression(node)) return;
    const named = moduleNamedBy(node);
    if (named && !ts.isStringLiteralLike(named)) found = true;
  });
  return found;
}

function moduleNamedBy(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  const loads = ts.isCallExpression(node) && /^(import|(\w+\.)?require(\.resolve)?)$/.test(node.expression.getText());
  return loads ? node.arguments[0] : undefined;
}

/** The files of this repository that a file imports, as in `SourceFile.path`. */
export function ownImportsOf(file: SourceFile): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.') || packageImport.test(specifier))
    .map((specifier) =>
      specifier.startsWith('.')
        ? posix.join(dirname(file.path), specifier)
        : specifier.replace(packageImport, 'packages/$1/'),
    )
    .map((path) => path.replace(/\.(c?)js$/, '.$1ts'));
}

/** Whether a file reads `process.env`, in whichever way it reaches `process`. */
export function readsEnvironment(file: SourceFile): boolean {
  let found = importsOf(file).some((specifier) => /^(node:)?process$/.test(specifier));
  walk(file.tree, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.getText() === 'process.env') found = true;
    if (ts.isElementAccessExpression(node) && node.expression.getText() === 'process') found = true;
    if (ts.isVariableDeclaration(node) && node.initializer?.getText() === 'process') found = true;
  });
  return found;
}

export function hasDefaultExport(file: SourceFile): boolean {
  return file.tree.statements.some(
    (statement) =>
      ts.isExportAssignment(statement) ||
      (ts.canHaveModifiers(statement) &&
        ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) ||
      (ts.isExportDeclaration(statement) && /\bas default\b/.test(statement.getText())),
  );
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}
