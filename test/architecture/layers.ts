/** The layer table of the architecture: the row of each folder of src/, and of the package that src/ uses, lowest first. */
const rows: Record<string, number> = {
  config: 0,
  common: 0,
  metrics: 0,
  secrets: 0,
  tracing: 0,
  'packages/nest': 0,
  database: 1,
  audit: 2,
  mail: 2,
  users: 3,
  clients: 3,
  passwords: 3,
  keys: 3,
  identities: 3,
  emails: 4,
  tokens: 4,
  limits: 4,
  factors: 4,
  sessions: 5,
  access: 6,
  auth: 7,
  account: 7,
  admin: 7,
  oauth: 7,
  notes: 7,
  pages: 7,
  health: 7,
  http: 8,
  cli: 8,
  '.': 9,
};

/** The only folder of row 0 that the other folders of row 0 may import. */
const leaf = 'common';

/**
 * The folder of src/ that a file belongs to, `.` for the files directly in src/, or its package, such as `packages/nest`;
 * undefined if the table does not list it.
 */
export function layerOf(file: string): string | undefined {
  const folder = /^(packages\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? '.';
  return Object.hasOwn(rows, folder) ? folder : undefined;
}

/**
 * Whether one file may import another: from its own folder, from a strictly lower row, or, in row 0, from `common`. A
 * package imports nothing of src/, which is not published with it.
 */
export function mayImport(importer: string, imported: string): boolean {
  const from = layerOf(importer);
  const to = layerOf(imported);
  if (from === undefined || to === undefined) return false;
  return from === to || rows[to]! < rows[from]! || (rows[from] === 0 && to === leaf && !isPackage(from));
}

function isPackage(folder: string): boolean {
  return folder.startsWith('packages/');
}
