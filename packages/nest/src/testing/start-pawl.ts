import { findPawl, PawlProcess } from './pawl-process.js';
import { TestPawl } from './test-pawl.js';

export interface StartPawlOptions {
  /** Settings of Pawl, such as `{ ROLES: 'editor', ACCESS_TOKEN_TTL: '5m' }`. With `LOG_LEVEL` its log is shown. */
  settings?: Readonly<Record<string, string>>;
  /** The folder of the package `pawl`. Default: the one that is installed in the project. */
  packageFolder?: string;
  /** Where the prepared database is kept between runs. Default: `node_modules/.cache` beside the package. */
  cacheFolder?: string;
}

/**
 * Starts a real Pawl with a database of its own, on a free port of this machine. The first start prepares the database, which
 * takes some seconds; later ones copy it. Instances of parallel test files share nothing.
 */
export async function startPawl({
  settings = {},
  packageFolder,
  cacheFolder,
}: StartPawlOptions = {}): Promise<TestPawl> {
  const process = new PawlProcess(findPawl(packageFolder), { showsLog: 'LOG_LEVEL' in settings });
  try {
    const { url, issuer } = (await process.ask('start', { settings, cacheFolder })) as { url: string; issuer: string };
    return new TestPawl(process, url, issuer);
  } catch (error) {
    await process.stop();
    throw error;
  }
}
