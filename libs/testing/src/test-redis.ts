/** A real Redis for a test, gone with it. */
import { closeRedis, openRedis, startPrivateRedis, type RedisClient } from '@muster/runtime';

export interface TestRedis {
  /** For everything that takes `--redis`. */
  readonly url: string;
  /** Process id of the server, to be killed or frozen. */
  readonly pid: number;
  readonly client: RedisClient;
  /** Removes all keys, so that a test begins with none. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestRedis(): Promise<TestRedis> {
  const server = await startPrivateRedis();
  const client = await openRedis(server.url);
  return {
    url: server.url,
    pid: server.pid,
    client,
    clear: async () => {
      await client.flushall();
    },
    stop: async () => {
      await closeRedis(client);
      await server.stop();
    },
  };
}
