import ts from 'typescript';
import type { SourceFile } from './source-files.js';
import { packageFiles, parse, sourceFiles, walk } from './source-files.js';

const mostInjected = 6;

const nestDecorators = new Set(['Injectable', 'Controller', 'Catch', 'Module', 'WebSocketGateway', 'Resolver']);

/** The classes of a file that Nest creates, with the number of things injected into each constructor. */
function injectedInto({ path, tree }: SourceFile): { name: string; count: number }[] {
  const classes: { name: string; count: number }[] = [];
  walk(tree, (node) => {
    if (!ts.isClassDeclaration(node) || !ts.getDecorators(node)?.some(isNestDecorator)) return;
    const constructor = node.members.find((member) => ts.isConstructorDeclaration(member));
    classes.push({ name: `${path} ${node.name?.text}`, count: constructor?.parameters.length ?? 0 });
  });
  return classes;
}

function isNestDecorator({ expression }: ts.Decorator): boolean {
  return ts.isCallExpression(expression) && nestDecorators.has(expression.expression.getText());
}

describe('constructors', () => {
  const classes = [...sourceFiles(), ...packageFiles()].flatMap(injectedInto);

  it(`take at most ${mostInjected} injected things: a class that needs more is two classes`, () => {
    expect(classes.length).toBeGreaterThan(50);
    const crowded = classes.filter(({ count }) => count > mostInjected);
    expect(crowded.map(({ name, count }) => `${name} injects ${count}`)).toEqual([]);
  });

  it('are counted wherever Nest creates the class', () => {
    const text = `@Injectable() export class A { constructor(a: A, @Inject(B) private readonly b: B) {} }
      @ApiTags('C') @Controller('c') class C { constructor(a: A) {} } class D { constructor(a: A) {} }`;
    expect(injectedInto(parse('x.ts', text))).toEqual([
      { name: 'x.ts A', count: 2 },
      { name: 'x.ts C', count: 1 },
    ]);
  });
});
