/** The verdict that is stored of a tick is the one that its record comes to, for each kind of policy. */
import { DroneWorker, loadMethods } from '@muster/drone-worker';
import {
  Combiner,
  DroneTaskQueue,
  judgeRecord,
  loadFleet,
  TickFailedError,
} from '@muster/producer';
import { DEFAULT_PREFIX } from '@muster/protocol';
import { silentLogger } from '@muster/runtime';
import {
  muster,
  scratchDir,
  startTestRedis,
  type ScratchDir,
  type TestRedis,
} from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRecord } from './record-schema.js';

let scratch: ScratchDir;
let redis: TestRedis;
let fleetFile: string;
const services: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  [scratch, redis] = await Promise.all([scratchDir(), startTestRedis()]);
  fleetFile = await scratch.write(
    'fleet.yaml',
    [
      'version: 1',
      'defaults: {transport: local}',
      // Names that a JSON object does not keep in the order of the file.
      'drones: {"box[1-3]": {}, "7": {}, "2": {}}',
      'groups: {core: "box[1-2],7"}',
      '',
    ].join('\n'),
  );
  const store = { redis: redis.client, prefix: DEFAULT_PREFIX };
  const worker = new DroneWorker({
    store,
    sites: ['default'],
    drones: [],
    fleet: (await loadFleet(fleetFile)).file,
    methods: await loadMethods(),
    concurrency: 20,
    drainMs: 5_000,
    version: 'test',
    log: silentLogger,
  });
  const combiner = new Combiner({ store, log: silentLogger });
  services.push(worker, combiner);
  for (const service of [worker, combiner]) await service.start();
});
afterAll(async () => {
  for (const service of services) await service.stop();
  await redis.stop();
  await scratch.remove();
});

/** Runs a tick in which the drones of `bad` fail, each in a way of its own; gives its id. */
async function runTick(lane: string, policy: string[], bad: readonly string[]): Promise<string> {
  const fleet = await loadFleet(fleetFile);
  const queue = await DroneTaskQueue.open({
    name: lane,
    fleet,
    redis: redis.url,
    policy,
    hostCombiner: false,
  });
  try {
    const drones = fleet.select('*');
    for (const drone of drones) {
      const fails = bad.includes(drone.hostname);
      drone.queueCall('exec', { shell: fails ? `echo no ${drone.hostname} >&2; exit 3` : ':' });
    }
    await queue.execute(drones).catch((error: unknown) => {
      if (!(error instanceof TickFailedError)) throw error;
    });
    return queue.lastTick ?? '';
  } finally {
    await queue.close();
  }
}

let laneNumber = 1;

it.each([
  { policy: ['all'], bad: [], status: 'ok' },
  { policy: ['all'], bad: ['7'], status: 'failed' },
  { policy: ['any'], bad: ['box1', 'box2', '7', '2'], status: 'ok' },
  { policy: ['any'], bad: ['box1', 'box2', 'box3', '7', '2'], status: 'failed' },
  { policy: ['max=2'], bad: ['7', 'box2'], status: 'ok' },
  { policy: ['max=2'], bad: ['7', 'box2', 'box1'], status: 'failed' },
  { policy: ['max=40%'], bad: ['2', 'box2'], status: 'ok' },
  { policy: ['max=39.9%'], bad: ['2', 'box2'], status: 'failed' },
  { policy: ['must=@core!box2'], bad: ['2', 'box2'], status: 'ok' },
  { policy: ['must=@core!box2'], bad: ['7'], status: 'failed' },
  { policy: ['max=3', 'must=@core', 'any'], bad: ['2', 'box3'], status: 'ok' },
  { policy: ['max=3', 'must=@core', 'any'], bad: ['2', 'box1'], status: 'failed' },
])('$policy with $bad bad is $status, also when it is judged again', async (given) => {
  const lane = `lane${String(laneNumber++)}`;
  const tick = await runTick(lane, given.policy, given.bad);
  const { stdout } = await muster(['show', tick, '--json', '--redis', redis.url]);
  const record = readRecord(stdout);
  expect(record.status).toBe(given.status);
  expect(judgeRecord(record)).toEqual({
    status: record.status,
    counts: record.counts,
    message: record.failure?.message ?? null,
  });
});
