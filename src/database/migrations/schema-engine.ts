import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type * as Engine from '@prisma/schema-engine-wasm';
import type * as EngineGlue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { SchemaConnections } from './schema-connections.js';

type EngineModule = typeof Engine & typeof EngineGlue;

/** Node's global, as far as it is used here; only the DOM's types declare it. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start: () => void } } }>;
};

let engineModule: Promise<EngineModule> | undefined;

/**
 * Runs `use` with Prisma's own schema engine, connected to `url`. It is the WebAssembly build: the native one would be
 * downloaded from the Internet at first use, which a closed network refuses.
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

/** The package's own entry imports the .wasm file as a module, which Node does not support; this does the same by hand. */
async function loadEngine(): Promise<EngineModule> {
  const glueFile = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as EngineModule;
  const { instance } = await WebAssembly.instantiate(await readFile(glueFile.replace(/\.js$/, '.wasm')), {
    './schema_engine_bg.js': withoutLingeringTimers(glue),
  });
  glue.__wbg_set_wasm(instance.exports);
  // Where the engine leaves its last words. Without it, what it met would be lost behind an error about this very name.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => process.emitWarning(message) },
  });
  instance.exports.__wbindgen_start();
  return glue;
}

/** The engine limits its wait for a lock to 10 s and then forgets the timer, which would hold a process up that long. */
function withoutLingeringTimers(glue: object): object {
  const imports = { ...glue } as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, original] of Object.entries(imports)) {
    if (name.startsWith('__wbg_setTimeout_'))
      imports[name] = (...args) => (original(...args) as NodeJS.Timeout).unref();
  }
  return imports;
}
