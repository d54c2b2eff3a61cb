export * from './clock.js';
export * from './logger.js';
export type { RedisClient } from './redis/client.js';
export * from './redis/connect.js';
export * from './redis/private-redis.js';
export * from './redis/url.js';
export * from './service.js';
export * from './state-dir.js';
export * from './telemetry.js';
