/** What ticks leave in Redis is bounded by count and by age, and nothing of a forgotten tick is left. */
import { DroneWorker, loadMethods } from '@muster/drone-worker';
import { Combiner, DroneTaskQueue, loadFleet } from '@muster/producer';
import { DEFAULT_PREFIX } from '@muster/protocol';
import { silentLogger, type RedisClient } from '@muster/runtime';
import {
  muster,
  scratchDir,
  startMuster,
  startTestRedis,
  until,
  type MusterResult,
  type ScratchDir,
  type TestRedis,
} from '@muster/testing';
import { listTicks, type Retention } from '@muster/tick-state';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readRecordHead } from './record-schema.js';

/** Of a finished tick, by contract: at most one for each drone and eight more. */
const DRONES = 3;
const KEYS_OF_A_TICK = DRONES + 8;
/** BullMQ cuts its streams of events to 100 entries, or some more since that costs less. */
const EVENTS = 300;
/** What there is once: sets, hashes and BullMQ's own of two queues. */
const KEYS_THERE_ARE_ONCE = 24;
const LANES = ['one', 'two', 'three', 'four', 'five'];

let scratch: ScratchDir;
let redis: TestRedis;
let fleetFile: string;

beforeEach(async () => {
  [scratch, redis] = await Promise.all([scratchDir(), startTestRedis()]);
  fleetFile = await scratch.write(
    'fleet.yaml',
    'version: 1\ndefaults: {transport: local}\ndrones: {"box[1-3]": {}}\n',
  );
});
afterEach(async () => {
  await redis.stop();
  await scratch.remove();
});

/** A combiner that keeps so many, and a worker, in this process. */
async function startServices(retention: Retention): Promise<{ stop(): Promise<void> }> {
  const store = { redis: redis.client, prefix: DEFAULT_PREFIX };
  const combiner = new Combiner({ store, log: silentLogger, retention });
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
  await combiner.start();
  await worker.start();
  return {
    stop: async () => {
      await worker.stop();
      await combiner.stop();
    },
  };
}

/** So many ticks of all drones, one after another; gives their ids. */
async function runTicks(lane: string, count: number): Promise<string[]> {
  const fleet = await loadFleet(fleetFile);
  const queue = await DroneTaskQueue.open({
    name: lane,
    fleet,
    redis: redis.url,
    hostCombiner: false,
  });
  const ticks: string[] = [];
  try {
    for (let nth = 0; nth < count; nth += 1) {
      const drones = fleet.select('*');
      for (const drone of drones) drone.queueCall('ping');
      await queue.execute(drones);
      ticks.push(queue.lastTick ?? '');
    }
  } finally {
    await queue.close();
  }
  return ticks;
}

function keptTicks(): Promise<string[]> {
  return listTicks({ redis: redis.client, prefix: DEFAULT_PREFIX });
}

async function allKeys(client: RedisClient): Promise<string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, some] = await client.scan(cursor, 'COUNT', 1_000);
    for (const key of some) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}

/** Names of keys, and what sets and lists hold: where a tick's id would keep something alive. */
async function mentions(client: RedisClient): Promise<string[]> {
  const all = await allKeys(client);
  const held = await Promise.all(
    all.map(async (key) => {
      switch (await client.type(key)) {
        case 'zset':
          return client.zrange(key, 0, '-1');
        case 'set':
          return client.smembers(key);
        case 'list':
          return client.lrange(key, 0, -1);
        default:
          return [];
      }
    }),
  );
  return [...all, ...held.flat()];
}

/** Whether a text is of the tick, and not of one whose id only begins or ends like it. */
function isOf(tick: string, text: string): boolean {
  return text.split(/[:@]/).includes(tick);
}

async function expectNothingLeftOf(forgotten: readonly string[]): Promise<void> {
  const texts = await mentions(redis.client);
  const words = new Set(texts.flatMap((text) => text.split(/[:@]/)));
  expect(forgotten.filter((tick) => words.has(tick))).toEqual([]);
  const keys = await allKeys(redis.client);
  expect(keys.filter((key) => !key.includes('muster'))).toEqual([]);
}

describe('the keys in Redis', () => {
  it('are bounded by the number of ticks that are kept, after 500 ticks', async () => {
    const kept = 20;
    const services = await startServices({ count: kept, ageMs: 3_600_000 });
    expect((await allKeys(redis.client)).length).toBeLessThanOrEqual(KEYS_THERE_ARE_ONCE);
    const ticks = (await Promise.all(LANES.map((lane) => runTicks(lane, 100)))).flat();
    expect(new Set(ticks).size).toBe(500);
    const left = await until('the last ticks are forgotten', async () => {
      const now = await keptTicks();
      return now.length <= kept && now;
    });
    await services.stop();

    expect(left).toHaveLength(kept);
    const keys = await allKeys(redis.client);
    expect(keys.length).toBeLessThanOrEqual(
      kept * KEYS_OF_A_TICK + LANES.length + KEYS_THERE_ARE_ONCE,
    );
    for (const tick of left) {
      expect(keys.filter((key) => isOf(tick, key)).length).toBeLessThanOrEqual(KEYS_OF_A_TICK);
    }
    await expectNothingLeftOf(ticks.filter((tick) => !left.includes(tick)));
    const streams = keys.filter((key) => key.endsWith(':events'));
    expect(streams).toHaveLength(2);
    for (const key of streams) expect(await redis.client.xlen(key)).toBeLessThanOrEqual(EVENTS);
  });

  it('are bounded by age, also when no tick comes any more', async () => {
    const services = await startServices({ count: 1_000, ageMs: 1_500 });
    const ticks = (await Promise.all(LANES.map((lane) => runTicks(lane, 20)))).flat();
    await until('all are forgotten', async () => (await keptTicks()).length === 0);
    await services.stop();

    expect((await allKeys(redis.client)).length).toBeLessThanOrEqual(
      LANES.length + KEYS_THERE_ARE_ONCE,
    );
    await expectNothingLeftOf(ticks);
  });
});

describe('how much is kept', () => {
  function run(args: readonly string[]): Promise<MusterResult> {
    return muster([...args, '--redis', redis.url], { env: { MUSTER_KEEP_TICKS: '' } });
  }
  async function ticksKept(): Promise<string[]> {
    const { stdout } = await run(['ticks', '--json']);
    return (JSON.parse(stdout) as unknown[]).map((head) => readRecordHead(head).tick);
  }
  const tickOf = (lane: string, ...more: string[]) =>
    run(['tick', '--fleet', fleetFile, '--lane', lane, '--with-worker', '--call', 'ping', ...more]);

  it('is what a combiner was started with, also for the combiners that ticks host', async () => {
    const combiner = startMuster(
      ['combiner', '--redis', redis.url, '--keep-ticks', '2', '--keep-for', '36h'],
      { env: { MUSTER_KEEP_TICKS: '99' } },
    );
    onTestFinished(async () => {
      combiner.kill('SIGKILL');
      await combiner.ended;
    });
    expect(await combiner.logged('ready')).toMatchObject({
      keep: { count: 2, ageMs: 36 * 3_600_000 },
    });
    combiner.kill('SIGTERM');
    await combiner.ended;
    for (const lane of ['a', 'b', 'c']) expect((await tickOf(lane)).code).toBe(0);
    // The next one forgets, as soon as it is up, what the one before it has left.
    expect((await tickOf('d')).code).toBe(0);
    const kept = await ticksKept();
    expect(kept.slice(0, 2)).toEqual(['d-1', 'c-1']);
    expect(kept).not.toContain('a-1');
  });

  it('is said by the environment as well, and a minute is not waited for by what is kept for less', async () => {
    expect((await tickOf('old')).code).toBe(0);
    const combiner = startMuster(['combiner', '--redis', redis.url], {
      env: { MUSTER_KEEP_FOR: '1s' },
    });
    onTestFinished(async () => {
      combiner.kill('SIGKILL');
      await combiner.ended;
    });
    expect(await combiner.logged('ready')).toMatchObject({ keep: { count: 1_000, ageMs: 1_000 } });
    await until('it is forgotten', async () => (await keptTicks()).length === 0);
  });
});
