/** An idle installation forgets too: by the clock, once a minute. */
import { DEFAULT_PREFIX, keys } from '@muster/protocol';
import { startTestRedis, type TestRedis } from '@muster/testing';
import { listTicks } from '@muster/tick-state';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FlowJanitor } from '../src/combiner/clean-up.js';
import { TickForgetter } from '../src/combiner/forget-ticks.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

it('looks at the start, when a tick has ended, and a minute after it has looked last', async () => {
  const store = { redis: redis.client, prefix: DEFAULT_PREFIX };
  const janitor = new FlowJanitor(store);
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const forgetter = new TickForgetter(store, janitor, clock);
  /** Whether a tick that is far too old is there after a look. */
  const survives = async (tickEnded: boolean): Promise<boolean> => {
    await redis.client.zadd(keys.ticks(DEFAULT_PREFIX), 1, 'default-1');
    await forgetter.look(tickEnded);
    return (await listTicks(store)).length > 0;
  };
  expect(await survives(false)).toBe(false);
  now = 59_999;
  expect(await survives(false)).toBe(true);
  expect(await survives(true)).toBe(false);
  now += 59_999;
  expect(await survives(false)).toBe(true);
  now += 1;
  expect(await survives(false)).toBe(false);
  await janitor.close();
});
