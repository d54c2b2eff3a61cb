import { keys } from '@muster/protocol';
import { closeRedis, duplicateRedis } from '@muster/runtime';
import { describe, expect, it } from 'vitest';
import {
  beginClosing,
  closeTick,
  dueTicks,
  forgetTick,
  freeLane,
  listTicks,
  openTick,
  readBatch,
  readTickFacts,
  readTickRoster,
  renewLane,
  TIMING,
} from '../src/index.js';
import { freshStore, redisNow } from './fresh-store.js';
import { EXEC_AND_PING, labRequest, openLab, setPast, VERDICT_FAILED } from './lab-tick.js';

const store = freshStore();

/** Ends the tick as one that nobody answered. */
async function end(tick: string): Promise<void> {
  await beginClosing(store, tick, 'cancelled');
  await setPast(store, tick, 'closeAt');
  expect(await closeTick(store, tick, 0, VERDICT_FAILED)).toBe('closed');
}

async function setLease(lane: string, milliseconds: number): Promise<void> {
  const until = (await redisNow(store)) + milliseconds;
  await store.redis.hset(keys.lane(store.prefix, lane), 'leaseUntil', until);
}

describe('open', () => {
  it('stores all that the tick is', async () => {
    const before = await redisNow(store);
    const opened = await openTick(
      store,
      labRequest(['lab1', 'lab2'], {
        deadlineMs: 30_000,
        policy: 'max=1',
        settings: '{"v":1,"deadlineMs":30000}',
        batches: [EXEC_AND_PING, '[]'],
      }),
    );
    const after = await redisNow(store);
    expect(opened).toEqual({
      ok: true,
      tick: 'default-1',
      epoch: 1,
      startedAt: expect.any(Number) as number,
    });
    const facts = await readTickFacts(store, 'default-1');
    expect(facts).toEqual({
      tick: 'default-1',
      lane: 'default',
      epoch: 1,
      state: 'open',
      startedAt: opened.ok && opened.startedAt,
      deadlineMs: 30_000,
      policy: 'max=1',
      settings: '{"v":1,"deadlineMs":30000}',
      size: 2,
      closingReason: null,
      closingText: '',
      closeAt: null,
      finishedAt: null,
      verdict: null,
    });
    expect(facts?.startedAt).toBeGreaterThanOrEqual(before);
    expect(facts?.startedAt).toBeLessThanOrEqual(after);
    expect(await readTickRoster(store, 'default-1')).toEqual([
      { drone: 'lab1', queue: 'site.lab', batch: 0 },
      { drone: 'lab2', queue: 'site.lab', batch: 0 },
    ]);
    expect(await readBatch(store, 'default-1', 0)).toEqual(JSON.parse(EXEC_AND_PING));
    expect(await readBatch(store, 'default-1', 1)).toEqual([]);
    expect(await listTicks(store)).toEqual(['default-1']);
  });

  it('sets the deadline where combiners look for it, by the clock of Redis', async () => {
    const { tick, startedAt } = await openLab(store, ['lab1'], { deadlineMs: 30_000 });
    expect(await store.redis.zscore(keys.deadlines(store.prefix), tick)).toBe(
      String(startedAt + 30_000),
    );
    expect((await dueTicks(store)).ticks).toEqual([]);
  });

  it('refuses a lane whose tick is running, and changes nothing', async () => {
    const { tick } = await openLab(store);
    const lane = await store.redis.hgetall(keys.lane(store.prefix, 'default'));
    const request = labRequest(['lab3'], { token: 'producer-2' });
    expect(await openTick(store, request)).toEqual({ ok: false, refusal: 'running', tick });
    await beginClosing(store, tick, 'cancelled');
    expect(await openTick(store, request)).toEqual({ ok: false, refusal: 'running', tick });
    expect(await store.redis.hgetall(keys.lane(store.prefix, 'default'))).toEqual(lane);
    expect(await listTicks(store)).toEqual([tick]);
  });

  it('refuses a running lane also when its producer is gone, or did not mean to stay', async () => {
    const { tick } = await openLab(store, ['lab1'], { detached: true });
    await setLease('default', 0);
    expect(await openTick(store, labRequest(['lab1']))).toEqual({
      ok: false,
      refusal: 'running',
      tick,
    });
  });

  it("refuses a lane whose last tick was not collected, while its producer's lease lives", async () => {
    const { tick } = await openLab(store);
    await end(tick);
    await setLease('default', 0);
    expect(await renewLane(store, 'default', 'producer-1')).toBe(true);
    const request = labRequest(['lab1'], { token: 'producer-2' });
    const refused = { ok: false, refusal: 'uncollected', tick };
    expect(await openTick(store, request)).toEqual(refused);
    // Also for the producer itself: it would lose its results.
    expect(await openTick(store, labRequest(['lab1']))).toEqual(refused);
  });

  it('holds the lane for the time of the lease, and not longer', async () => {
    const { startedAt } = await openLab(store);
    const until = await store.redis.hget(keys.lane(store.prefix, 'default'), 'leaseUntil');
    expect(Number(until) - startedAt).toBe(TIMING.laneLeaseMs);
  });

  it('takes a lane whose tick has ended and whose producer is gone', async () => {
    const { tick } = await openLab(store);
    await end(tick);
    await setLease('default', 0);
    expect(await openLab(store, ['lab1'], { token: 'producer-2' })).toMatchObject({
      tick: 'default-2',
      epoch: 2,
    });
    expect((await readTickFacts(store, tick))?.state).toBe('closed');
    expect(await renewLane(store, 'default', 'producer-1')).toBe(false);
  });

  it('takes a lane that was detached, as soon as its tick has ended', async () => {
    const { tick } = await openLab(store, ['lab1'], { detached: true });
    await end(tick);
    expect(await openLab(store, ['lab1'], { token: 'producer-2' })).toMatchObject({ epoch: 2 });
  });

  it('does not pass the detachment on to the next tick', async () => {
    const { tick } = await openLab(store, ['lab1'], { detached: true });
    await end(tick);
    const next = await openLab(store, ['lab1']);
    await end(next.tick);
    await setLease('default', 60_000);
    expect(await openTick(store, labRequest(['lab1']))).toMatchObject({ refusal: 'uncollected' });
  });

  it('takes a lane whose last tick is forgotten', async () => {
    const { tick } = await openLab(store);
    await forgetTick(store, tick);
    expect(await openLab(store)).toMatchObject({ tick: 'default-2', epoch: 2 });
  });

  it('gives each tick of a lane a higher epoch, whoever opens it', async () => {
    const epochs: number[] = [];
    for (const token of ['a', 'b', 'a']) {
      const { tick, epoch } = await openLab(store, ['lab1'], { token });
      epochs.push(epoch);
      await end(tick);
      expect(await freeLane(store, 'default', tick, token)).toBe(true);
    }
    expect(epochs).toEqual([1, 2, 3]);
  });

  it('keeps lanes apart', async () => {
    await openLab(store, ['lab1'], { lane: 'rack-1' });
    expect(await openLab(store, ['lab1'], { lane: 'rack' })).toMatchObject({ tick: 'rack-1' });
    expect(await openLab(store, ['lab1'], { lane: 'rack-2' })).toMatchObject({
      tick: 'rack-2-1',
      epoch: 1,
    });
  });

  it('lets exactly one of 20 producers that race for a lane win', async () => {
    const clients = Array.from({ length: 4 }, () => duplicateRedis(store.redis));
    try {
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const redis = clients[index % clients.length] ?? store.redis;
          const token = `producer-${String(index)}`;
          return openTick({ redis, prefix: store.prefix }, labRequest(['lab1'], { token }));
        }),
      );
      const winners = replies.flatMap((reply, index) => (reply.ok ? [index] : []));
      expect(winners).toHaveLength(1);
      expect(replies.filter((reply) => !reply.ok)).toEqual(
        Array.from({ length: 19 }, () => ({ ok: false, refusal: 'running', tick: 'default-1' })),
      );
      const holder = await store.redis.hget(keys.lane(store.prefix, 'default'), 'holder');
      expect(holder).toBe(`producer-${String(winners[0])}`);
      expect(await listTicks(store)).toEqual(['default-1']);
    } finally {
      await Promise.all(clients.map(closeRedis));
    }
  });

  it('works when Redis has forgotten its scripts, as after a restart', async () => {
    const { tick } = await openLab(store);
    await store.redis.script('FLUSH');
    expect(await openTick(store, labRequest(['lab1']))).toMatchObject({ refusal: 'running', tick });
  });

  it('opens a tick of 5,000 drones that each have a batch of their own', async () => {
    const drones = Array.from({ length: 5_000 }, (_, index) => `n${String(index)}`);
    const batches = drones.map((drone) => JSON.stringify([{ method: 'ping', args: { drone } }]));
    const { tick } = await openLab(store, drones, { batches });
    expect(await readBatch(store, tick, 4_999)).toEqual([
      { method: 'ping', args: { drone: 'n4999' } },
    ]);
    expect(await store.redis.hlen(keys.batches(store.prefix, tick))).toBe(5_000);
  });
});
