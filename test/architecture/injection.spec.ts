import ts from 'typescript';
import type { SourceFile } from './source-files.js';
import { packageFiles, parse, sourceFiles, walk } from './source-files.js';

const mostInjected = 6;

const nestDecorators = new Set(['Injectable', 'Controller', 'Catch', 'Module', 'WebSocketGateway', 'Resolver']);

/** The classes that Nest creates, with the number of things injected into each: constructor, base classes, properties. */
function injectedInto(files: readonly SourceFile[]): { name: string; count: number }[] {
  const classes: { path: string; node: ts.ClassDeclaration }[] = [];
  for (const { path, tree } of files) {
    walk(tree, (node) => {
      if (ts.isClassDeclaration(node)) classes.push({ path, node });
    });
  }
  const byName = new Map(classes.map(({ node }) => [node.name?.text, node]));
  return classes
    .filter(({ node }) => ts.getDecorators(node)?.some(isNestDecorator))
    .map(({ path, node }) => ({ name: `${path} ${node.name?.text}`, count: countInjected(node, byName) }));
}

/** Without a constructor, a class has the one of its base class. */
function countInjected(
  node: ts.ClassDeclaration,
  byName: ReadonlyMap<string | undefined, ts.ClassDeclaration>,
  isConstructorCounted = false,
): number {
  const constructor = node.members.find((member) => ts.isConstructorDeclaration(member));
  const properties = node.members.filter((member) => ts.isPropertyDeclaration(member) && isInjected(member));
  const extended = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  const base = byName.get(extended?.expression.getText());
  const isCounted = isConstructorCounted || constructor !== undefined;
  const inherited = base ? countInjected(base, byName, isCounted) : 0;
  return (isConstructorCounted ? 0 : (constructor?.parameters.length ?? 0)) + properties.length + inherited;
}

function isInjected(property: ts.PropertyDeclaration): boolean {
  return !!ts.getDecorators(property)?.some(({ expression }) => /^Inject\b/.test(expression.getText()));
}

/** The lengths of the lists of what a factory gets: `inject: [A, B]`. */
function injectedIntoFactories({ path, tree }: SourceFile): { name: string; count: number }[] {
  const lists: { name: string; count: number }[] = [];
  walk(tree, (node) => {
    if (!ts.isPropertyAssignment(node) || node.name.getText() !== 'inject') return;
    if (ts.isArrayLiteralExpression(node.initializer)) {
      lists.push({ name: `${path} a factory`, count: node.initializer.elements.length });
    }
  });
  return lists;
}

function isNestDecorator({ expression }: ts.Decorator): boolean {
  return ts.isCallExpression(expression) && nestDecorators.has(expression.expression.getText());
}

describe('constructors', () => {
  const files = [...sourceFiles(), ...packageFiles()];
  const classes = [...injectedInto(files), ...files.flatMap(injectedIntoFactories)];

  it(`take at most ${mostInjected} injected things: a class that needs more is two classes`, () => {
    expect(classes.length).toBeGreaterThan(50);
    const crowded = classes.filter(({ count }) => count > mostInjected);
    expect(crowded.map(({ name, count }) => `${name} injects ${count}`)).toEqual([]);
  });

  it('are counted wherever Nest creates the class', () => {
    const text = `@Injectable() export class A { constructor(a: A, @Inject(B) private readonly b: B) {} }
      @ApiTags('C') @Controller('c') class C { constructor(a: A) {} } class D { constructor(a: A) {} }`;
    expect(injectedInto([parse('x.ts', text)])).toEqual([
      { name: 'x.ts A', count: 2 },
      { name: 'x.ts C', count: 1 },
    ]);
  });

  it('are counted with what a base class, a property or a factory gets', () => {
    const text = `class Base { @Inject(X) x: X; constructor(a: A, b: B) {} }
      @Injectable() class A extends Base { @Inject(Y) private readonly y: Y; }
      @Injectable() class B extends Base { constructor(c: C) { super(); } }`;
    expect(injectedInto([parse('x.ts', text)])).toEqual([
      { name: 'x.ts A', count: 4 },
      { name: 'x.ts B', count: 2 },
    ]);
    const factory = parse('y.ts', 'const provider = { provide: P, useFactory: make, inject: [A, B, C] };');
    expect(injectedIntoFactories(factory)).toEqual([{ name: 'y.ts a factory', count: 3 }]);
  });

  it('are the only way to get something from the container, except for the registry of grants', () => {
    const takers = files.filter(({ tree }) => /\bModuleRef\b/.test(tree.getText()));
    expect(takers.map(({ path }) => path)).toEqual(['oauth/grants/registry.ts']);
  });
});
