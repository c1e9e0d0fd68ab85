export default {
  // The service knows the path that it is reached at, and writes it into index.html.
  base: './',
  build: {
    target: 'es2022',
    assetsDir: 'assets',
    modulePreload: { polyfill: false },
    // A data: URL in a style sheet would need a wider policy.
    assetsInlineLimit: 0,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
};
