import { layerOf } from './layers.js';
import { parse, sourceFiles } from './source-files.js';
import { exceptions, models, owners, readModels, tablesUsedBy } from './tables.js';

const files = sourceFiles().filter(({ path }) => !path.endsWith('.spec.ts'));

/** Every use of a table outside the folder that owns it. */
const foreignUses = files.flatMap((file) =>
  [...tablesUsedBy(file)]
    .filter((table) => owners[table] !== layerOf(file.path))
    .map((table) => ({ file: file.path, table })),
);

const isSame = (a: { file: string; table: string }) => (b: { file: string; table: string }) =>
  a.file === b.file && a.table === b.table;

describe('tables', () => {
  it('each have one owner, a folder of src/', () => {
    const tables = [...models.values()].map(({ table }) => table);
    expect(tables.length).toBeGreaterThan(10);
    expect(Object.keys(owners).sort()).toEqual(tables.sort());
    for (const folder of Object.values(owners)) expect(files.map(({ path }) => layerOf(path))).toContain(folder);
  });

  it('are touched by their owner alone, apart from the named exceptions', () => {
    const unnamed = foreignUses.filter((use) => !exceptions.some(isSame(use)));
    expect(unnamed.map(({ file, table }) => `${file} touches ${table}, which belongs to ${owners[table]}/`)).toEqual(
      [],
    );
  });

  it.each(exceptions)('the exception of $file for $table is used, and has a reason', (exception) => {
    expect(foreignUses.some(isSame(exception))).toBe(true);
    expect(exception.reason.length).toBeGreaterThan(20);
  });

  it('are found in whichever way a file reaches them', () => {
    const usedBy = (text: string) => [...tablesUsedBy(parse('notes/made-up.ts', text))];
    expect(usedBy('await this.db.user.findUnique({ where: { id } })')).toEqual(['users']);
    expect(usedBy("tx['oneTimeToken'].deleteMany({})")).toEqual(['one_time_tokens']);
    expect(usedBy('db.session.findMany({ select: { id: true, user: { select: { email: true } } } })')).toEqual([
      'sessions',
      'users',
    ]);
    expect(usedBy('db.$queryRaw`SELECT 1 FROM users WHERE id = $1`')).toEqual(['users']);
    expect(usedBy('Prisma.sql`, sessions s`')).toEqual(['sessions']);
    expect(usedBy("db.queryDirect('DELETE FROM audit_events')")).toEqual(['audit_events']);
    expect(usedBy('db.$executeRaw`UPDATE "notes" SET body = 1`')).toEqual(['notes']);
    expect(usedBy("db.queryDirect('select * from public.users')")).toEqual(['users']);
    expect(usedBy("const text = 'delete from sessions'; db.queryDirect(text)")).toEqual(['sessions']);
    expect(usedBy("const table = Prisma.raw('users')")).toEqual(['users']);
    expect(usedBy('const { user } = this.db; await user.findMany()')).toEqual(['users']);
    expect(usedBy('const { note: mine } = tx;')).toEqual(['notes']);
    expect(usedBy('const table = this.db.session; table.findMany()')).toEqual(['sessions']);
    expect(usedBy("count(tx['user'])")).toEqual(['users']);
    expect(usedBy('db[model].findMany()')).toHaveLength(models.size);
  });

  it('are not found in prose, or where a word only looks like one', () => {
    const text = `// SELECT * FROM users
      const message = 'There are no users with such sessions.'; list.user.name; body.note.trim(); \`SELECT users_id\`;`;
    expect([...tablesUsedBy(parse('notes/made-up.ts', text))]).toEqual([]);
  });

  it('are read from the schema, so that a new one without an owner fails', () => {
    const schema =
      'model Task {\n  id String\n  owner Person @relation(fields: [x])\n\n  @@map("tasks")\n}\n\nmodel Person {\n  id String\n  tasks Task[]\n}\n';
    expect(Object.fromEntries(readModels(schema))).toEqual({
      task: { table: 'tasks', relations: new Map([['owner', 'person']]) },
      person: { table: 'Person', relations: new Map([['tasks', 'task']]) },
    });
  });
});
