/** A large tick is put into the queues piece by piece: what happens when its producer, or the tick, ends meanwhile. */
import { DEFAULT_PREFIX, GATES_QUEUE, keys, siteQueue, TICKS_QUEUE } from '@muster/protocol';
import { silentLogger } from '@muster/runtime';
import {
  muster,
  scratchDir,
  startMuster,
  startTestRedis,
  until,
  type ScratchDir,
  type TestRedis,
} from '@muster/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Combiner } from '../apps/producer/src/combiner/combiner.js';

const DRONES = 20_000;
const TICK = 'default-1';

let redis: TestRedis;
let listener: TestRedis['client'];
let dir: ScratchDir;
let fleet: string;
beforeAll(async () => {
  [redis, dir] = await Promise.all([startTestRedis(), scratchDir()]);
  listener = redis.client.duplicate();
  fleet = await dir.write(
    'fleet.yaml',
    'version: 1\ndrones: {"box[1-20000]": {transport: local}}\n',
  );
});
beforeEach(() => redis.clear());
afterAll(async () => {
  listener.disconnect();
  await redis.stop();
  await dir.remove();
});

const bull = (queue: string, what: string) => `${DEFAULT_PREFIX}:${queue}:${what}`;
const waiting = () => redis.client.llen(bull(siteQueue('default'), 'wait'));
const env = () => ({ MUSTER_REDIS_URL: redis.url, MUSTER_STATE_DIR: dir.path });

/** Starts a tick that no worker serves, with whoever combines for it elsewhere. */
async function startHalfEnqueued(deadline: string, ...flags: string[]) {
  const args = ['tick', '--fleet', fleet, '--deadline', deadline, ...flags, '--', 'true'];
  const tick = startMuster(args, {
    env: env(),
  });
  // What whoever waits for jobs is woken by, with the first of them.
  await listener.bzpopmin(bull(siteQueue('default'), 'marker'), 30);
  return tick;
}

async function nothingIsLeft(): Promise<void> {
  await until('its jobs are gone', async () => (await waiting()) === 0, 20_000);
  // The gate goes last: as long as it is there, the parent waits.
  const gate = bull(GATES_QUEUE, TICK);
  await until('its gate is gone', async () => (await redis.client.exists(gate)) === 0);
  const parents = bull(TICKS_QUEUE, 'waiting-children');
  await until('its parent waits no more', async () => (await redis.client.zcard(parents)) === 0);
  const kept = await redis.client.keys('*');
  expect(kept.filter((key) => key.includes(`@${TICK}`))).toEqual([]);
}

it('its producer is killed: the tick ends on time, names all, and nothing waits in the queues', async () => {
  const tick = await startHalfEnqueued('2s');
  tick.kill('SIGKILL');
  await tick.ended;
  // Where this fails, it was not half-way.
  expect(await redis.client.exists(bull(GATES_QUEUE, TICK))).toBe(1);
  expect(await waiting()).toBeLessThan(DRONES);
  // The command had a combiner within; this one comes later.
  const combiner = new Combiner({
    store: { redis: redis.client, prefix: DEFAULT_PREFIX },
    log: silentLogger,
  });
  await combiner.start();
  await until('the tick is closed', async () => {
    return (await redis.client.hget(keys.tick(DEFAULT_PREFIX, TICK), 'state')) === 'closed';
  });
  await nothingIsLeft();
  await combiner.stop();
  const { stdout } = await muster(['show', TICK, '--json'], { env: env() });
  const record = JSON.parse(stdout) as { counts: unknown; durationMs: number };
  expect(record.counts).toEqual({ never_started: DRONES });
});

it('the tick is cancelled: what still came into the queues is taken back', async () => {
  const tick = await startHalfEnqueued('60s');
  expect((await muster(['cancel', TICK], { env: env() })).code).toBe(0);
  expect((await tick.ended).code).toBe(1);
  await nothingIsLeft();
});

it('it is interrupted meanwhile: it is cancelled, and nothing of it goes on', async () => {
  const tick = await startHalfEnqueued('60s', '--json');
  tick.kill('SIGINT');
  const { code, stdout } = await tick.ended;
  expect(code).toBe(130);
  const record = JSON.parse(stdout) as { status: string; counts: unknown };
  expect(record.status).toBe('cancelled');
  expect(record.counts).toEqual({ cancelled: DRONES });
  await nothingIsLeft();
});
