import type { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';

/** A request waits no longer for a counter; then its instance counts alone. */
const patienceMs = 500;
const maxReconnectDelayMs = 2000;

/** Connects in the background, for ever: the service starts and goes on without its Redis. */
export function connectRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    connectionName: 'pawl',
    connectTimeout: 5000,
    commandTimeout: patienceMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, maxReconnectDelayMs),
  });
  let wasUp = true;
  redis.on('error', ({ message }: Error) => {
    if (wasUp) logger.warn(`Redis cannot be reached (${message}): each instance counts limits by itself until it can.`);
    wasUp = false;
  });
  redis.on('ready', () => {
    if (!wasUp) logger.log('Redis is there again: limits are counted together.');
    wasUp = true;
  });
  return redis;
}
