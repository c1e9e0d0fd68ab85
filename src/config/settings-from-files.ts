/** Settings whose value can be in a file, named by `NAME_FILE`: container platforms mount secrets this way. */
export const settingsFromFiles = [
  'AUTH_SECRET',
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'REDIS_URL',
  'SMTP_URL',
  'ADMIN_PASSWORD',
  'METRICS_TOKEN',
] as const;
