import { DroneWorker, loadMethods } from '@muster/drone-worker';
import { DEFAULT_PREFIX } from '@muster/protocol';
import { silentLogger } from '@muster/runtime';
import { startTestRedis, type TestRedis } from '@muster/testing';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { DroneTaskQueue } from '../src/index.js';
import { describeTaskQueue, OWN_METHODS } from './task-queue.suite.js';

let redis: TestRedis;
let workers: DroneWorker[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
  await redis.clear();
});
afterAll(() => redis.stop());

describeTaskQueue('DroneTaskQueue', async (fleet, { name = 'suite', ...options } = {}) => {
  const worker = new DroneWorker({
    store: { redis: redis.client, prefix: DEFAULT_PREFIX },
    sites: ['default'],
    drones: [],
    fleet: fleet.file,
    methods: await loadMethods(OWN_METHODS),
    concurrency: 20,
    drainMs: 5_000,
    version: 'test',
    log: silentLogger,
  });
  await worker.start();
  workers.push(worker);
  return DroneTaskQueue.open({ name, fleet, redis: redis.url, ...options });
});
