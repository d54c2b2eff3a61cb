import { DroneWorker, loadMethods } from '@muster/drone-worker';
import { DEFAULT_PREFIX, siteQueue, writeTickSettings } from '@muster/protocol';
import { silentLogger, type Logger } from '@muster/runtime';
import { makeGate, scratchDir, startTestRedis, until, type TestRedis } from '@muster/testing';
import { openTick, readRecord, readTickFacts, writeRoster } from '@muster/tick-state';
import { Queue } from 'bullmq';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Combiner, DroneTaskQueue, loadFleet, type DroneFleet } from '../src/index.js';
import { describeTaskQueue, OWN_METHODS } from './task-queue.suite.js';

let redis: TestRedis;
let services: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  services = [];
  await redis.clear();
});
afterAll(() => redis.stop());

async function startWorker(fleet: DroneFleet, log: Logger = silentLogger): Promise<void> {
  const worker = new DroneWorker({
    store: { redis: redis.client, prefix: DEFAULT_PREFIX },
    sites: ['default'],
    drones: [],
    fleet: fleet.file,
    methods: await loadMethods(OWN_METHODS),
    concurrency: 20,
    drainMs: 5_000,
    version: 'test',
    log,
  });
  await worker.start();
  services.push(worker);
}

describeTaskQueue('DroneTaskQueue', async (fleet, { name = 'suite', ...options } = {}) => {
  await startWorker(fleet);
  return DroneTaskQueue.open({ name, fleet, redis: redis.url, ...options });
});

async function oneBox(): Promise<DroneFleet> {
  const dir = await scratchDir();
  onTestFinished(() => dir.remove());
  const text = 'version: 1\ndefaults: { transport: local }\ndrones: { box1: {} }\n';
  return loadFleet(await dir.write('fleet.yaml', text));
}

/** BullMQ's queue of the site that all drones are of. */
function jobsOfSite(): Queue {
  const queue = new Queue(siteQueue('default'), {
    connection: redis.client,
    prefix: DEFAULT_PREFIX,
  });
  onTestFinished(() => queue.close());
  return queue;
}

it('behaviour 15: a running batch is known by its lane and its drone, as a job and in logs', async () => {
  const fleet = await oneBox();
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'debug' },
    { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  await startWorker(fleet, log);
  const queue = await DroneTaskQueue.open({ name: 'lane15', fleet, redis: redis.url });
  onTestFinished(() => queue.close());
  const gate = await makeGate();
  onTestFinished(() => gate.remove());
  const drones = fleet.select('*');
  for (const drone of drones) drone.queueCall('exec', { argv: gate.argv });
  await queue.execute(drones, { wait: false });
  await gate.entered();
  expect((await jobsOfSite().getActive()).map(({ name }) => name)).toEqual(['lane15.box1']);
  await gate.open();
  await queue.getResults();
  expect(lines.find(({ msg }) => msg === 'batch done')).toMatchObject({
    batch: 'lane15.box1',
    lane: 'lane15',
    drone: 'box1',
    tick: 'lane15-1',
  });
});

it('behaviour 48: a worker refuses an order of another version, and the record says both', async () => {
  const store = { redis: redis.client, prefix: DEFAULT_PREFIX };
  await startWorker(await oneBox());
  const combiner = new Combiner({ store, log: silentLogger });
  await combiner.start();
  services.push(combiner);
  const deadlineMs = 20_000;
  const opened = await openTick(store, {
    lane: 'skewed',
    token: 'a newer producer',
    deadlineMs,
    detached: true,
    roster: writeRoster([{ drone: 'box1', queue: siteQueue('default'), batch: 0 }]),
    size: 1,
    policy: 'all',
    settings: writeTickSettings({
      deadlineMs,
      connectTimeoutMs: 1_000,
      attempts: 1,
      nonce: '00c0ffee',
    }),
    batches: [JSON.stringify([{ method: 'ping', args: {}, timeoutMs: 1_000, effect: 'read' }])],
  });
  if (!opened.ok) throw new Error(opened.refusal);
  const { tick, epoch } = opened;
  await jobsOfSite().add('skewed.box1', {
    v: 2,
    tick,
    lane: 'skewed',
    epoch,
    drone: 'box1',
    more: {},
  });
  const facts = await until('the tick has ended', async () => {
    const now = await readTickFacts(store, tick);
    return now?.state === 'closed' && now;
  });
  const record = await readRecord(store, facts);
  expect(record.durationMs).toBeLessThan(deadlineMs);
  expect(record.drones['box1']).toMatchObject({
    outcome: 'rejected',
    error: { message: 'version skew: the batch has version 2, this Muster speaks version 1' },
  });
});

it('ends a job behind its report, so that the parent finds the tick complete', async () => {
  const fleet = await oneBox();
  await startWorker(fleet);
  const queue = await DroneTaskQueue.open({ name: 'order', fleet, redis: redis.url });
  services.push({ stop: () => queue.close() });
  // The scripts are known from then on: one that is not is sent a second time.
  await runOnce(queue, fleet);
  const monitor = await redis.client.duplicate().monitor();
  onTestFinished(() => {
    monitor.disconnect();
  });
  const seen: string[] = [];
  monitor.on('monitor', (_time: string, [command = '', key = '']: string[]) => {
    if (command === 'HSET' && key.endsWith(':reports')) seen.push('report');
    if (command === 'HSET' && key.endsWith(':processed')) seen.push('end of the job');
  });
  await runOnce(queue, fleet);
  await until('both were written', () => seen.length === 2);
  expect(seen).toEqual(['report', 'end of the job']);
});

async function runOnce(queue: DroneTaskQueue, fleet: DroneFleet): Promise<void> {
  const [box] = fleet.select('*');
  if (box === undefined) throw new Error('no drone');
  box.queueCall('ping', {});
  await queue.execute([box]);
}
