/** A place for ticks in a real Redis of the test file's own, empty at the start of each test. */
import { DEFAULT_PREFIX } from '@muster/protocol';
import { startTestRedis, type TestRedis } from '@muster/testing';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { TickStore } from '../src/index.js';

/** To be called once, at the top of a test file: it registers the hooks. */
export function freshStore(): TickStore {
  let server: TestRedis | undefined;
  const started = () => {
    if (server === undefined) throw new Error('no test has begun yet');
    return server;
  };
  beforeAll(async () => {
    server = await startTestRedis();
  });
  afterEach(async () => {
    const redis = started();
    const left = await redis.client.keys('*');
    await redis.clear();
    expect(left.filter((key) => !key.includes('muster'))).toEqual([]);
  });
  afterAll(async () => {
    await server?.stop();
  });
  return {
    prefix: DEFAULT_PREFIX,
    get redis() {
      return started().client;
    },
  };
}

/** Redis' own clock, milliseconds since 1970. */
export async function redisNow({ redis }: TickStore): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
