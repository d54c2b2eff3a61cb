/** Makes clients of the Redis library, for one server, sentinels or a cluster. */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisTarget } from './url.js';

/** A single server's or a cluster's connection: both have the same commands. */
export type RedisClient = Redis;

export type ConnectSettings = Partial<RedisOptions> & { replyMapping?: 'legacy' };

/** Starts connecting and gives the client at once. */
export function connect(target: RedisTarget, settings: ConnectSettings): RedisClient {
  const options = { ...target.options, ...settings };
  if (target.kind !== 'cluster')
    return new TogetherRedis(options as RedisOptions & { replyMapping: 'legacy' });
  const cluster = new Cluster(target.nodes, {
    redisOptions: options as RedisOptions & { replyMapping: 'legacy' },
    clusterRetryStrategy: options.retryStrategy ?? (() => null),
  });
  return cluster as unknown as Redis;
}

/**
 * Writes in one piece what is asked while the event loop attends to what has come in: a system
 * call costs more than most commands.
 */
class TogetherRedis extends Redis {
  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    const { stream } = this as { stream?: Redis['stream'] };
    if (stream?.writableCorked === 0) {
      stream.cork();
      setImmediate(() => {
        stream.uncork();
      });
    }
    return super.sendCommand(...args);
  }
}
