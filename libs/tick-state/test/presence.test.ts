import { keys } from '@muster/protocol';
import { describe, expect, it } from 'vitest';
import {
  beginClosing,
  closeTick,
  heartbeat,
  leave,
  livingWorkers,
  queuesOf,
  reportBatch,
  TIMING,
} from '../src/index.js';
import { freshStore, redisNow } from './fresh-store.js';
import {
  claim,
  lastHeard,
  openLab,
  presenceOf,
  reportOf,
  setPast,
  VERDICT_OK,
} from './lab-tick.js';

const store = freshStore();

async function living(): Promise<string[]> {
  return (await livingWorkers(store)).map(({ id }) => id).sort();
}

describe('heartbeat', () => {
  it('says that the worker lives, and all that it says of itself', async () => {
    const presence = presenceOf('host:1', {
      drones: ['edge1'],
      active: 3,
      methods: { deploy: { effect: 'once' } },
    });
    const before = await redisNow(store);
    expect(await heartbeat(store, presence, [])).toEqual([]);
    const after = await redisNow(store);
    expect(await livingWorkers(store)).toEqual([presence]);
    const seen = Number(await store.redis.zscore(keys.workers(store.prefix), 'host:1'));
    expect(seen).toBeGreaterThanOrEqual(before);
    expect(seen).toBeLessThanOrEqual(after);
  });

  it('replaces what the worker said before', async () => {
    await heartbeat(store, presenceOf('host:1', { active: 1 }), []);
    await heartbeat(store, presenceOf('host:1', { active: 2 }), []);
    expect(await livingWorkers(store)).toEqual([presenceOf('host:1', { active: 2 })]);
  });

  it('tells which of the ticks it holds are not open any more, and why', async () => {
    const open = await openLab(store, ['lab1'], { lane: 'open' });
    const late = await openLab(store, ['lab1'], { lane: 'late' });
    const cancelled = await openLab(store, ['lab1'], { lane: 'cancelled' });
    await setPast(store, late.tick, 'deadlineAt');
    await beginClosing(store, late.tick, 'deadline');
    await beginClosing(store, cancelled.tick, 'cancelled', 'wrong rack');
    const held = [open.tick, late.tick, cancelled.tick, 'gone-1'];
    expect(await heartbeat(store, presenceOf('host:1'), held)).toEqual([
      { tick: late.tick, reason: 'deadline', text: '' },
      { tick: cancelled.tick, reason: 'cancelled', text: 'wrong rack' },
      { tick: 'gone-1', reason: 'cancelled', text: '' },
    ]);
  });

  it('tells also of a tick that is closed already', async () => {
    const lab = await openLab(store, ['lab1']);
    await claim(store, lab, 'lab1');
    await reportBatch(store, reportOf(lab, 'lab1'));
    await closeTick(store, lab.tick, 1, VERDICT_OK);
    expect(await heartbeat(store, presenceOf('host:1'), [lab.tick])).toEqual([
      { tick: lab.tick, reason: 'cancelled', text: '' },
    ]);
  });

  it('forgets the workers that were not heard of for a minute, and no others', async () => {
    await lastHeard(store, 'host:1', 61_000);
    await lastHeard(store, 'host:2', 50_000);
    await heartbeat(store, presenceOf('host:3'), []);
    const { prefix, redis } = store;
    expect(await redis.zrange(keys.workers(prefix), 0, '-1')).toEqual(['host:2', 'host:3']);
    expect((await redis.hkeys(keys.presence(prefix))).sort()).toEqual(['host:2', 'host:3']);
  });
});

describe('livingWorkers', () => {
  it('is nobody where nobody has said that it lives', async () => {
    expect(await livingWorkers(store)).toEqual([]);
  });

  it('has the workers that were heard of within their lease', async () => {
    await lastHeard(store, 'host:1', 0);
    await lastHeard(store, 'host:2', TIMING.workerLeaseMs / 2);
    await lastHeard(store, 'host:3', TIMING.workerLeaseMs);
    expect(await living()).toEqual(['host:1', 'host:2']);
  });

  it('has a worker again that was silent for a while', async () => {
    await lastHeard(store, 'host:1', TIMING.workerLeaseMs);
    expect(await living()).toEqual([]);
    await heartbeat(store, presenceOf('host:1'), []);
    expect(await living()).toEqual(['host:1']);
  });

  it('leaves out a worker of which only the time is known', async () => {
    await lastHeard(store, 'host:1', 0);
    await store.redis.zadd(keys.workers(store.prefix), await redisNow(store), 'host:2');
    expect(await living()).toEqual(['host:1']);
  });

  it('counts 10,000 workers: one on each drone of a large fleet', async () => {
    // Heard of just now, however long this takes.
    const soon = (await redisNow(store)) + 60_000;
    const ids = Array.from({ length: 10_000 }, (_, index) => `n${String(index)}:1`);
    await store.redis
      .pipeline()
      .zadd(keys.workers(store.prefix), ...ids.flatMap((id) => [String(soon), id]))
      .hset(
        keys.presence(store.prefix),
        ...ids.flatMap((id) => [id, JSON.stringify(presenceOf(id))]),
      )
      .exec();
    expect(await living()).toEqual([...ids].sort());
  });
});

describe('leave', () => {
  it('takes the worker off the list at once', async () => {
    await lastHeard(store, 'host:1', 0);
    await lastHeard(store, 'host:2', 0);
    await leave(store, 'host:1');
    expect(await living()).toEqual(['host:2']);
    await leave(store, 'host:2');
    expect(await store.redis.keys('*')).toEqual([]);
  });

  it('may be said twice', async () => {
    await leave(store, 'host:1');
    expect(await living()).toEqual([]);
  });

  it('gives its batches to the next who asks', async () => {
    const lab = await openLab(store, ['lab1']);
    await lastHeard(store, 'host:1', 0);
    await claim(store, lab, 'lab1');
    expect(await claim(store, lab, 'lab1', 'host:2')).toMatchObject({ ok: false });
    await leave(store, 'host:1');
    expect(await claim(store, lab, 'lab1', 'host:2')).toMatchObject({ ok: true, attempt: 2 });
  });
});

describe('queuesOf', () => {
  it('are those of its sites and of its drones', () => {
    expect(queuesOf({ sites: ['lab', 'roof'], drones: ['edge1'] })).toEqual([
      'site.lab',
      'site.roof',
      'drone.edge1',
    ]);
  });
});
