'use strict';
/**
 * Jest's ESM mode loads every module again for every test file: some seconds for NestJS, Prisma and zod, 129 times.
 * This runtime loads packages with Node's own `import`, and the TypeScript of src/, packages/ and test/ once per worker. Only the
 * test files themselves, and setup files, are evaluated anew. Jest does everything else as usual.
 */
const asyncHooks = require('node:async_hooks');
const { createRequire } = require('node:module');
const { dirname, resolve: resolvePath } = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { SourceTextModule, SyntheticModule } = require('node:vm');
const { default: JestRuntime } = require('jest-runtime');

const transformOptions = {
  isInternalModule: false,
  supportsDynamicImport: true,
  supportsExportNamespaceFrom: true,
  supportsStaticESM: true,
  supportsTopLevelAwait: true,
};

/** By URL; promises, so that modules that are imported twice at once are made once. */
const modules = new Map();
/** Generated file to source map, for the stacks of errors. */
const sourceMaps = new Map();
/** What '@jest/globals' exports at the moment: shared modules outlive the test file that loaded them. */
let current = {};
let transform;

class SharedModulesRuntime extends JestRuntime {
  /** @type {asyncHooks.AsyncLocalStorage<unknown>[]} */
  storages = [];

  constructor(config, environment, resolver, transformer, cacheFS, coverageOptions, testPath, globalConfig) {
    super(config, environment, resolver, transformer, cacheFS, coverageOptions, testPath, globalConfig);
    transform = (path) => transformer.transformAsync(path, { ...transformOptions, ...coverageOptions });
  }

  async unstable_importModule(path) {
    current = this.jestGlobals.cjsGlobals(path);
    return evaluate(await sourceModule(pathToFileURL(path).href));
  }

  requireInternalModule(from, to) {
    if (to !== undefined) return createRequire(from)(to);
    delete require.cache[from]; // jest-circus keeps the tests of one file in module state
    return this.collectStorages(() => require(from));
  }

  /** Every storage in use makes every promise of the process cost more, and jest-circus uses one for each test file. */
  collectStorages(load) {
    const { AsyncLocalStorage } = asyncHooks;
    const { storages } = this;
    class CollectedStorage extends AsyncLocalStorage {
      constructor(...options) {
        super(...options);
        storages.push(this);
      }
    }
    // A value on Node.js 20, and a getter without a setter from 22 on.
    const original = Object.getOwnPropertyDescriptor(asyncHooks, 'AsyncLocalStorage');
    const { enumerable } = original;
    Object.defineProperty(asyncHooks, 'AsyncLocalStorage', { value: CollectedStorage, enumerable, configurable: true });
    try {
      return load();
    } finally {
      Object.defineProperty(asyncHooks, 'AsyncLocalStorage', original);
    }
  }

  teardown() {
    for (const storage of this.storages.splice(0)) storage.disable();
    super.teardown();
  }

  getSourceMaps() {
    return sourceMaps;
  }

  /** Jest redirects `process.getBuiltinModule` into its sandbox here; there is none. */
  installGetBuiltinModule() {}
}

/** By module; promises, so that a module that is imported twice at once is evaluated once. */
const evaluations = new WeakMap();
let lastLinked = Promise.resolve();

async function evaluate(module) {
  if (!evaluations.has(module))
    evaluations.set(
      module,
      link(module).then(() => module.evaluate()),
    );
  await evaluations.get(module);
  return module.namespace;
}

/** One at a time: two at once would find what both import half linked. */
function link(module) {
  const linked = lastLinked.then(() => module.status === 'unlinked' && module.link(resolve));
  lastLinked = linked.catch(() => undefined);
  return linked;
}

/** What the service imports from a package of this repository: the sources, not what was built of them. */
const packageSources = /^#pawl\/(\w+)\/(.+\.js)$/;
const root = pathToFileURL(resolvePath(__dirname, '../../..')).href;

/** The sources say `./x.js` and mean ./x.ts; everything else is Node's to find. */
function resolve(specifier, importer) {
  if (specifier === '@jest/globals') return once(specifier, jestGlobals);
  const [, name, path] = packageSources.exec(specifier) ?? [];
  if (name) return resolve(`./packages/${name}/src/${path}`, { identifier: `${fileURLToPath(root)}/package.json` });
  if (!specifier.startsWith('.')) return once(specifier, () => nodeModule(specifier));
  const { href } = new URL(specifier.replace(/\.js$/, '.ts'), pathToFileURL(importer.identifier));
  return once(href, () => (href.endsWith('.ts') ? sourceModule(href) : nodeModule(href)));
}

function once(key, make) {
  if (!modules.has(key)) modules.set(key, make());
  return modules.get(key);
}

async function sourceModule(url) {
  const path = fileURLToPath(url);
  const { code, sourceMapPath } = await transform(path);
  if (sourceMapPath) sourceMaps.set(path, sourceMapPath);
  return new SourceTextModule(code, {
    identifier: path,
    initializeImportMeta: (meta) => Object.assign(meta, { url, filename: path, dirname: dirname(path) }),
    importModuleDynamically: async (specifier, importer) => {
      const module = await resolve(specifier, importer);
      await evaluate(module);
      return module;
    },
  });
}

async function nodeModule(specifier) {
  return moduleOf(await import(specifier));
}

/** Functions and objects that stand for those of the test file that runs. */
async function jestGlobals() {
  const standIn = (name) =>
    new Proxy(function () {}, {
      apply: (_target, _this, given) => current[name](...given),
      get: (_target, property) => current[name][property],
    });
  return moduleOf(Object.fromEntries(Object.keys(current).map((name) => [name, standIn(name)])));
}

function moduleOf(namespace) {
  const names = Object.keys(namespace);
  return new SyntheticModule(names, function () {
    for (const name of names) this.setExport(name, namespace[name]);
  });
}

module.exports = SharedModulesRuntime;
