import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const copied = ['.env.example', 'CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md', 'bin', 'docs'].concat(
  [
    'eslint.config.mjs',
    'jest.config.mjs',
    'package.json',
    'packages',
    'prisma',
    'prisma.config.ts',
    'scripts',
    'src',
    'test',
  ],
  ['tsconfig.build.json', 'tsconfig.json'],
);

/** A copy of this checkout, in which a reader follows docs/architecture.md. */
let checkout: string;
let commands: string[];

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'pawl-recipe-'));
  for (const name of copied) await cp(join(root, name), join(checkout, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
  const document = await readFile(join(root, 'docs/architecture.md'), 'utf8');
  const recipe = document.slice(document.indexOf('## How to add a resource'));
  commands = [...recipe.matchAll(/ {3}```sh\n([\s\S]*?) {3}```/g)].map(([, command = '']) => command);
});
afterAll(() => rm(checkout, { recursive: true, force: true }));

/** Runs a command of the recipe in a shell of its own, with nothing of this test run around it. */
async function follow(command: string): Promise<string> {
  const { PATH, HOME } = process.env;
  const result = await run('sh', ['-ec', command], { cwd: checkout, env: { PATH, HOME, CI: 'true' } }).catch(
    (error: unknown) => {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${command}\n${stdout}\n${stderr}`);
    },
  );
  return `${result.stdout}${result.stderr}`;
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(join(checkout, path), 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(join(checkout, path), after);
}

it('the recipe of docs/architecture.md adds a resource whose tests, and all that it could break, pass', async () => {
  const [copy, migration, tests] = commands;
  expect(commands).toHaveLength(3);
  await follow(copy!);
  await edit('prisma/schema.prisma', (schema) => {
    const note = /model Note \{[\s\S]*?\n\}/.exec(schema)![0];
    const task = note.replaceAll('Note', 'Task').replaceAll('notes', 'tasks');
    return schema.replace(note, `${note}\n\n${task}`).replace(/^( +notes +)Note\[\]$/m, '$&\n  tasks Task[]');
  });
  expect(await follow(migration!)).toContain('add_tasks');
  await edit('src/app.module.ts', (text) =>
    text
      .replace(/^import { NotesModule }.*$/m, `$&\nimport { TasksModule } from './tasks/tasks.module.js';`)
      .replace(/^( +)NotesModule,$/m, '$&\n$1TasksModule,'),
  );
  await edit('test/architecture/layers.ts', (text) => text.replace('  notes: 7,', '  notes: 7,\n  tasks: 7,'));
  await edit('docs/architecture.md', (text) => text.replace(/^\| 7 \|.*`notes`/m, '$&, `tasks`'));
  await edit('test/architecture/tables.ts', (text) => text.replace("  notes: 'notes',", "$&\n  tasks: 'tasks',"));
  await edit('src/account/export.schema.ts', (text) => text.replace(/^ +notes: Rows.*$/m, '$&\n    tasks: Rows,'));
  await edit('src/http/operation-ids.ts', (text) =>
    text.replace(
      /(^ {2}'\/(?:admin\/)?notes.*\n)+/m,
      (lines) => lines + lines.replaceAll('Note', 'Task').replaceAll('notes', 'tasks'),
    ),
  );
  await edit('src/http/openapi.ts', (text) => text.replace(/^ {2}Notes: .*$/m, "$&\n  Tasks: 'A copy.',"));
  expect(await follow(tests!)).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
  await follow('npx tsc --noEmit');
});
