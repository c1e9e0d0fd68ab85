import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type * as Engine from '@prisma/schema-engine-wasm';
import type * as EngineGlue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { SchemaConnections } from './schema-connections.js';

type EngineModule = typeof Engine & typeof EngineGlue;

/** Node's global, as far as it is used here. Only the DOM types declare it. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start: () => void } } }>;
};

let engineModule: Promise<EngineModule> | undefined;

/**
 * Runs `use` with Prisma's schema engine, connected to `url`. This is the WebAssembly build: the native one is downloaded at
 * its first use, which fails in a closed network.
 */
export async function withSchemaEngine<Result>(
  url: string,
  use: (engine: Engine.SchemaEngine) => Promise<Result>,
): Promise<Result> {
  const { SchemaEngine } = await (engineModule ??= loadEngine());
  const connections = new SchemaConnections(url);
  try {
    const adapterFactory = bindMigrationAwareSqlAdapterFactory(connections);
    const engine = await SchemaEngine.new({ datamodels: undefined }, () => undefined, adapterFactory);
    const result = await use(engine);
    engine.free();
    return result;
  } finally {
    await connections.close();
  }
}

/** Does what the package's entry does, which imports the .wasm file as a module: Node does not support that. */
async function loadEngine(): Promise<EngineModule> {
  const glueFile = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as EngineModule;
  const { instance } = await WebAssembly.instantiate(await readFile(glueFile.replace(/\.js$/, '.wasm')), {
    './schema_engine_bg.js': withoutLingeringTimers(glue),
  });
  glue.__wbg_set_wasm(instance.exports);
  // The engine reports a panic here. Without this object the report itself would fail and hide the panic.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => process.emitWarning(message) },
  });
  instance.exports.__wbindgen_start();
  return glue;
}

/** The engine never clears its 10 s timer for a lock, which would keep the process alive for that long. */
function withoutLingeringTimers(glue: object): object {
  const imports = { ...glue } as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, original] of Object.entries(imports)) {
    if (name.startsWith('__wbg_setTimeout_'))
      imports[name] = (...args) => (original(...args) as NodeJS.Timeout).unref();
  }
  return imports;
}
