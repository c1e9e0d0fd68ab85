/** Builds dist/: index.html and its assets. src/pages of the service serves them. */
import { build } from 'vite';

await build({ root: import.meta.dirname, configFile: `${import.meta.dirname}/vite.config.mjs`, logLevel: 'error' });
