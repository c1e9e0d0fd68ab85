import type { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';

/** How long a request waits for a counter before its instance counts by itself. */
const commandTimeoutMs = 500;
const maxReconnectDelayMs = 2000;

/** Connects and reconnects in the background: the service starts and runs without Redis. */
export function connectRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    connectionName: 'pawl',
    connectTimeout: 5000,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, maxReconnectDelayMs),
  });
  let wasUp = true;
  redis.on('error', ({ message }: Error) => {
    if (wasUp)
      logger.warn(`Redis cannot be reached (${message}): each instance counts limits by itself until Redis is back.`);
    wasUp = false;
  });
  redis.on('ready', () => {
    if (!wasUp) logger.log('Redis is back: limits are shared again.');
    wasUp = true;
  });
  return redis;
}
