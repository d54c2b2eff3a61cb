import { DEFAULT_PREFIX, keys, type DroneEntry } from '@muster/protocol';
import { startTestRedis, type TestRedis } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { followReports } from '../src/queue/follow-reports.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

it('knows nothing of a drone whose report was forgotten between its arrival and its reading', async () => {
  const store = { redis: redis.client, prefix: DEFAULT_PREFIX };
  await redis.client.rpush(keys.arrivals(DEFAULT_PREFIX, 'lane-1'), 'box1');
  const roster = new Map([['box1', { drone: 'box1', queue: 'site.default', batch: 0 }]]);
  const entries = new Map<string, DroneEntry>();
  const over = new AbortController();
  const told: string[] = [];
  const onReport = (drone: string) => void told.push(drone);
  over.abort('over');
  await followReports(
    store,
    'lane-1',
    roster,
    entries,
    { pollMs: 1, onReport, keep: (entry) => entry },
    over.signal,
  );
  expect([...entries.keys()]).toEqual([]);
  expect(told).toEqual([]);
});
