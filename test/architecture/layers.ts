/** The layer table of the architecture: row number of each folder of src/, lowest first. */
const rows: Record<string, number> = {
  config: 0,
  common: 0,
  metrics: 0,
  'auth/decorators': 0,
  database: 1,
  audit: 2,
  mail: 2,
  keys: 3,
  passwords: 3,
  users: 4,
  tokens: 4,
  clients: 4,
  limits: 4,
  sessions: 5,
  auth: 6,
  admin: 6,
  oauth: 6,
  notes: 6,
  pages: 6,
  health: 6,
  '.': 7,
};

/** The leaf that the other folders of row 0 may lean on. */
const leaf = 'common';

/** The layer a file of src/ belongs to (`auth/decorators/roles.ts` to `auth/decorators`); undefined if the table has none. */
export function layerOf(file: string): string | undefined {
  const folders = file.split('/').slice(0, -1);
  if (folders.length === 0) return '.';
  return [folders.slice(0, 2).join('/'), folders[0] ?? ''].find((name) => Object.hasOwn(rows, name));
}

/** Whether a file of src/ may import another: its own layer, a strictly lower row, or from row 0 the leaf. */
export function mayImport(importer: string, imported: string): boolean {
  const from = layerOf(importer);
  const to = layerOf(imported);
  if (from === undefined || to === undefined) return false;
  return from === to || rows[to]! < rows[from]! || (rows[from] === 0 && to === leaf);
}
