/** The settings of production, as the image has them, on the bench's database. */
export function inProduction(env) {
  return {
    ...env,
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://auth.example.com',
    MALLOC_ARENA_MAX: '1',
    SHUTDOWN_DELAY: '0s',
  };
}
