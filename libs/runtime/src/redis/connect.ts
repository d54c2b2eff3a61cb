/** Opens connections to Redis, in one way for all of Muster. */
import { connect, type ConnectSettings, type RedisClient } from './client.js';
import { probeRedis } from './probe.js';
import { parseRedisUrl } from './url.js';

const SETTINGS: ConnectSettings = {
  // BullMQ asks for this: commands wait for Redis to come back. Whoever must not wait sets a bound of its own.
  maxRetriesPerRequest: null,
  enableReadyCheck: true,
  keepAlive: 10_000,
  noDelay: true,
  retryStrategy: (times) => Math.min(times * 50, 1_000) + Math.floor(Math.random() * 50),
};

/**
 * A connection to a Redis that was found fit. It reconnects by itself; listen to `error` is done.
 * @throws InfrastructureError within 5 s when Redis is not reachable or unfit, InvalidInputError for a bad URL.
 */
export async function openRedis(url: string): Promise<RedisClient> {
  const target = parseRedisUrl(url);
  await probeRedis(target);
  const client = connect(target, SETTINGS);
  // Without a listener an error event would end the process; the state of the connection says the rest.
  client.on('error', () => undefined);
  return client;
}

/** A second connection with the same settings, e.g. for subscriptions. */
export function duplicateRedis(client: RedisClient): RedisClient {
  const copy = client.duplicate();
  copy.on('error', () => undefined);
  return copy;
}

/** Ends a connection in an orderly way, and at once if that takes longer than a second. Idempotent. */
export async function closeRedis(client: RedisClient): Promise<void> {
  if (client.status === 'end') return;
  if (client.status !== 'ready') {
    client.disconnect();
    return;
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 1_000);
  });
  await Promise.race([client.quit().catch(() => undefined), late]);
  clearTimeout(timer);
  client.disconnect();
}
