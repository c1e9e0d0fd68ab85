import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');
const documents = ['docs/frontends.md', 'packages/client/README.md'];
/** Whole pages. `same-origin.ts` there is checked with the project's own code. */
const pages = readdirSync(join(root, 'docs/examples/frontends')).filter((file) => file.endsWith('.mjs'));

/** What the code uses of the application around it, and as much of other packages as it needs. */
const surroundings = `
declare const email: string, password: string, name: string, url: string;
declare const request: Request, response: Response;
declare const root: { render(element: unknown): void };
declare const process: { env: Record<string, string> };
declare const createPawl: typeof import('@pawl/client').createPawl;
declare const PawlError: typeof import('@pawl/client').PawlError;
declare const pawl: import('@pawl/client').Pawl;
declare function showCodeForm(challenge: string, factors: readonly string[]): void;
declare function showAccount(user: { email: string }): void;
declare function showSignIn(): void;
declare function showError(field: string, message: string): void;
declare function askForCode(): Promise<string>;
declare function askForPassword(error?: string): Promise<string | undefined>;
declare function page(session: { user: { email: string } } | null, list?: { notes: { title: string }[] }): string;
declare function Spinner(): null;
declare function SignInForm(): null;
declare module 'next/server' {
  export class NextResponse {
    static next(init: { request: { headers: Headers } }): { headers: Headers };
  }
}`;

const options: ts.CompilerOptions = {
  strict: true,
  // The examples are JavaScript: they name no types.
  noImplicitAny: false,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  jsx: ts.JsxEmit.ReactJSX,
  lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: [],
  paths: {
    '@pawl/client': [join(root, 'packages/client/src/index.ts')],
    '@pawl/client/*': [join(root, 'packages/client/src/*.ts')],
  },
};

interface Example {
  /** The document and the line in it. */
  place: string;
  file: string;
  code: string;
}

/** The examples of a document that use the client. Others show what to do without it. */
function examplesOf(document: string): Example[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^( *)```(?:js|ts)x?\n(.*?)^ *```$/gms)]
    .map(({ 0: whole, 2: code = '', index }) => ({ whole, code, line: text.slice(0, index).split('\n').length }))
    .filter(({ code }) => /\bcreatePawl|\bpawl\./.test(code))
    .map(({ code, line }) => ({
      place: `${document}:${line}`,
      file: join(root, `${document.replaceAll(/\W/g, '-')}-${line}.tsx`),
      code: `${code}\nexport {};\n`,
    }));
}

it.each(documents)('the code of %s fits the types of the client', (document) => {
  const examples = examplesOf(document);
  expect(examples.length).toBeGreaterThan(1);
  expect(faultsOf(examples)).toEqual([]);
});

it.each(pages)('the code of docs/examples/frontends/%s fits the types of the client', (page) => {
  expect(faultsOf([pageOf(page)], { strictNullChecks: false })).toEqual([]);
});

it('code that does not fit is found', () => {
  const [example] = examplesOf('packages/client/README.md');
  const wrong = { ...example!, code: example!.code.replace("mode: 'cookie'", "mode: 'cookies'") };
  expect(faultsOf([wrong])).toEqual([expect.stringContaining('"cookies"')]);
  const page = pageOf('sibling.mjs');
  const renamed = { ...page, code: page.code.replace('.session()', '.getSession()') };
  expect(faultsOf([renamed], { strictNullChecks: false })).toEqual([expect.stringContaining("'getSession'")]);
});

/** A page knows which elements it has, so what it looks up there is never null. */
function pageOf(file: string): Example {
  const place = `docs/examples/frontends/${file}`;
  return { place, file: join(root, place.replace(/mjs$/, 'ts')), code: readFileSync(join(root, place), 'utf8') };
}

function faultsOf(examples: readonly Example[], more: ts.CompilerOptions = {}): string[] {
  const settings = { ...options, ...more };
  const surrounding = join(root, 'surroundings.d.ts');
  const texts = new Map([[surrounding, surroundings], ...examples.map(({ file, code }) => [file, code] as const)]);
  const host = ts.createCompilerHost(settings);
  const program = ts.createProgram([...texts.keys()], settings, {
    ...host,
    fileExists: (file) => texts.has(file) || host.fileExists(file),
    readFile: (file) => texts.get(file) ?? host.readFile(file),
    getSourceFile: (file, language) => {
      const text = texts.get(file);
      return text === undefined ? host.getSourceFile(file, language) : ts.createSourceFile(file, text, language);
    },
  });
  return examples.flatMap(({ place, file }) => {
    const source = program.getSourceFile(file)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  });
}
