/** `node bundle.mjs ENTRY [EXTERNAL...]` writes one minified ES module for browsers to standard output. */
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const source = (name) => join(import.meta.dirname, `../src/${name}.ts`);
const [, , input, ...external] = process.argv;
const bundle = await rolldown({
  input,
  external,
  platform: 'browser',
  tsconfig: join(import.meta.dirname, '../tsconfig.json'),
  // The source, not the last build.
  resolve: {
    alias: {
      '@pawl/client/react': source('react'),
      '@pawl/client': source('index'),
    },
  },
  transform: { define: { 'process.env.NODE_ENV': '"development"' } },
});
const { output } = await bundle.generate({ format: 'es', minify: true });
process.stdout.write(output[0].code);
