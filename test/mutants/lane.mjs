import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '../..');
const copied = ['src', 'packages', 'test', 'scripts', 'prisma', 'package.json', 'tsconfig.json', 'jest.config.mjs'];
const propertyRuns = '80';
const testTimeoutMs = 120_000;
/** Ends what hangs. It says nothing about a mutant: the machine may be slow. */
const timeLimitMs = 30 * 60_000;

/**
 * Tests mutants in copies of the sources. The working tree is never touched. Several copies share one run of jest, because
 * most of the work of a run is to load the packages that all of them use.
 */
export class Lane {
  #folder;
  #copies = [];
  #running;
  #isStopped = false;

  /** For at most `size` mutants at once. One more copy stays as it is. */
  static async create(size) {
    const lane = new Lane();
    lane.#folder = await mkdtemp(join(tmpdir(), 'pawl-mutants-'));
    for (let i = 0; i <= size; i++) lane.#copies.push(await copyTo(join(lane.#folder, `copy-${i}`)));
    return lane;
  }

  async remove() {
    await rm(this.#folder, { recursive: true, force: true });
  }

  stop() {
    this.#isStopped = true;
    this.#running?.kill();
  }

  /**
   * The verdicts on mutants with the same suites, in their order: `red`, `green`, or `unclear` if the tests could not run, or
   * are red without any mutant too.
   */
  async test(mutants) {
    const [untouched, ...others] = this.#copies;
    const copies = others.slice(0, mutants.length);
    const changes = await Promise.all(mutants.map((mutant, i) => changeOf(mutant, copies[i])));
    await Promise.all(changes.map(({ path, mutated }) => writeFile(path, mutated)));
    const verdicts = await this.#verdicts([untouched, ...copies], mutants[0].suites).finally(() =>
      Promise.all(changes.map(({ path, source }) => writeFile(path, source))),
    );
    const [{ verdict, detail }, ...ofMutants] = verdicts;
    const proves = verdict === 'green' && ofMutants.every((one) => one.verdict !== 'unclear');
    if (proves) return ofMutants;
    // A mutant that ends the process takes the others with it, and one that blocks it may make their tests red.
    if (mutants.length > 1) return this.#testEach(mutants);
    return [{ verdict: 'unclear', detail: `Without any mutant the tests are ${verdict}: ${detail}` }];
  }

  async #testEach(mutants) {
    const verdicts = [];
    for (const mutant of mutants) verdicts.push(...(await this.test([mutant])));
    return verdicts;
  }

  async #verdicts(copies, suites) {
    const results = await this.#run(copies, suites);
    return copies.map((copy) => verdictOf(copy, results));
  }

  async #run(copies, suites) {
    if (this.#isStopped) throw new Error('Stopped');
    const config = join(this.#folder, 'jest.config.mjs');
    const report = join(this.#folder, 'report.json');
    const projects = await Promise.all(copies.map(projectOf));
    await writeFile(config, `export default ${JSON.stringify({ projects, testTimeout: testTimeoutMs })};`);
    await rm(report, { force: true });
    const jest = this.#start(['--config', config, '--json', `--outputFile=${report}`, ...suites]);
    this.#running = jest;
    let output = '';
    jest.stderr.setEncoding('utf8').on('data', (chunk) => (output = (output + chunk).slice(-2000)));
    await once(jest, 'exit');
    const { testResults } = JSON.parse(await readFile(report, 'utf8').catch(() => '{"testResults":[]}'));
    return { testResults, output };
  }

  #start(jestArguments) {
    const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const always = ['--runInBand', '--silent', '--forceExit', `--cacheDirectory=${join(this.#folder, 'jest-cache')}`];
    return spawn(process.execPath, [...options, 'node_modules/jest/bin/jest.js', ...always, ...jestArguments], {
      cwd: this.#copies[0],
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, RUNS: propertyRuns, SHRINK: 'off', SKIP_AFTER_FAILURE: 'on' },
      timeout: timeLimitMs,
    });
  }
}

async function copyTo(folder) {
  for (const name of copied) await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

/** The project `service` of the copy's own jest.config.mjs. */
async function projectOf(copy) {
  const { default: config } = await import(pathToFileURL(join(copy, 'jest.config.mjs')).href);
  return { ...config.projects.find(({ displayName }) => displayName === 'service'), rootDir: copy };
}

async function changeOf({ file, find, replace }, copy) {
  const path = join(copy, file);
  const source = await readFile(path, 'utf8');
  return { path, source, mutated: source.replace(find, () => replace) };
}

function verdictOf(copy, { testResults, output }) {
  const files = testResults.filter(({ name }) => name.startsWith(`${copy}/`));
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.find(({ status }) => status === 'failed');
  if (failed) {
    const [reason] = failed.failureMessages.join('\n').trim().split('\n');
    return { verdict: 'red', detail: `${failed.fullName}\n${reason}` };
  }
  const hasRun = files.length > 0 && files.every(({ status }) => status === 'passed');
  if (hasRun) return { verdict: 'green', detail: '' };
  return { verdict: 'unclear', detail: files.map(({ message }) => message).join('\n') || output };
}
