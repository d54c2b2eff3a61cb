import { keys } from '@muster/protocol';
import { describe, expect, it } from 'vitest';
import {
  adoptLane,
  beginClosing,
  closeTick,
  detachLane,
  forgetTick,
  freeLane,
  openTick,
  renewLane,
  TIMING,
} from '../src/index.js';
import { freshStore, redisNow } from './fresh-store.js';
import { labRequest, openLab, setPast, VERDICT_FAILED } from './lab-tick.js';

const store = freshStore();

async function end(tick: string): Promise<void> {
  await beginClosing(store, tick, 'cancelled');
  await setPast(store, tick, 'closeAt');
  await closeTick(store, tick, 0, VERDICT_FAILED);
}

async function lane(): Promise<Record<string, string>> {
  return store.redis.hgetall(keys.lane(store.prefix, 'default'));
}

async function setLease(milliseconds: number): Promise<void> {
  const until = (await redisNow(store)) + milliseconds;
  await store.redis.hset(keys.lane(store.prefix, 'default'), 'leaseUntil', until);
}

describe('renew', () => {
  it('lets the holder have the lane for another lease, also when it is late', async () => {
    await openLab(store);
    await setLease(0);
    const before = await redisNow(store);
    expect(await renewLane(store, 'default', 'producer-1')).toBe(true);
    const after = await redisNow(store);
    const until = Number((await lane())['leaseUntil']);
    expect(until).toBeGreaterThanOrEqual(before + TIMING.laneLeaseMs);
    expect(until).toBeLessThanOrEqual(after + TIMING.laneLeaseMs);
  });

  it('tells who does not hold the lane that it is lost, and changes nothing', async () => {
    await openLab(store);
    const before = await lane();
    expect(await renewLane(store, 'default', 'producer-2')).toBe(false);
    expect(await lane()).toEqual(before);
  });

  it('does not bring back a lane that is free, or that never was', async () => {
    const { tick } = await openLab(store);
    await end(tick);
    await freeLane(store, 'default', tick, 'producer-1');
    expect(await renewLane(store, 'default', 'producer-1')).toBe(false);
    expect(await renewLane(store, 'other', 'producer-1')).toBe(false);
    expect(await lane()).toEqual({ seq: '1' });
    expect(await store.redis.exists(keys.lane(store.prefix, 'other'))).toBe(0);
  });
});

describe('free', () => {
  it('frees the lane of a closed tick, and keeps its number', async () => {
    const { tick } = await openLab(store);
    await end(tick);
    expect(await freeLane(store, 'default', tick, 'producer-1')).toBe(true);
    expect(await lane()).toEqual({ seq: '1' });
    expect(await openTick(store, labRequest(['lab1'], { token: 'producer-2' }))).toMatchObject({
      ok: true,
      epoch: 2,
    });
  });

  it('frees no lane whose tick is running', async () => {
    const { tick } = await openLab(store);
    const before = await lane();
    expect(await freeLane(store, 'default', tick, 'producer-1')).toBe(false);
    await beginClosing(store, tick, 'cancelled');
    expect(await freeLane(store, 'default', tick, 'producer-1')).toBe(false);
    expect(await lane()).toEqual(before);
  });

  it('frees no lane that is not its own', async () => {
    const { tick } = await openLab(store);
    await end(tick);
    const before = await lane();
    expect(await freeLane(store, 'default', tick, 'producer-2')).toBe(false);
    expect(await freeLane(store, 'default', 'default-7', 'producer-1')).toBe(false);
    expect(await lane()).toEqual(before);
  });

  it('frees no lane that another tick has taken since', async () => {
    const { tick } = await openLab(store);
    await end(tick);
    await setLease(0);
    await openLab(store, ['lab1'], { token: 'producer-2' });
    const before = await lane();
    expect(await freeLane(store, 'default', tick, 'producer-1')).toBe(false);
    expect(await lane()).toEqual(before);
  });

  it('may be asked twice', async () => {
    const { tick } = await openLab(store);
    await end(tick);
    expect(await freeLane(store, 'default', tick, 'producer-1')).toBe(true);
    expect(await freeLane(store, 'default', tick, 'producer-1')).toBe(false);
  });
});

describe('detach', () => {
  it('leaves the lane to itself: it is free once the tick has ended', async () => {
    const { tick } = await openLab(store);
    await detachLane(store, 'default', tick, 'producer-1');
    expect(await openTick(store, labRequest(['lab1']))).toMatchObject({ refusal: 'running' });
    await end(tick);
    expect(await openTick(store, labRequest(['lab1']))).toMatchObject({ ok: true, epoch: 2 });
  });

  it('does nothing to the lane of another producer, or of another tick', async () => {
    const { tick } = await openLab(store);
    const before = await lane();
    await detachLane(store, 'default', tick, 'producer-2');
    await detachLane(store, 'default', 'default-7', 'producer-1');
    expect(await lane()).toEqual(before);
    await end(tick);
    await setLease(60_000);
    expect(await openTick(store, labRequest(['lab1']))).toMatchObject({ refusal: 'uncollected' });
  });
});

describe('adopt', () => {
  it('finds nothing in a lane that never was, that is free, or whose tick is forgotten', async () => {
    expect(await adoptLane(store, 'default', 'producer-2')).toEqual({ kind: 'none' });
    expect(await store.redis.keys('*')).toEqual([]);
    const first = await openLab(store);
    await end(first.tick);
    await freeLane(store, 'default', first.tick, 'producer-1');
    expect(await adoptLane(store, 'default', 'producer-2')).toEqual({ kind: 'none' });
    const second = await openLab(store);
    await forgetTick(store, second.tick);
    expect(await adoptLane(store, 'default', 'producer-2')).toEqual({ kind: 'none' });
    expect((await lane())['holder']).toBe('producer-1');
  });

  it('is refused while the holder may be alive, and says for how long', async () => {
    const { tick } = await openLab(store);
    await setLease(30_000);
    const before = await lane();
    const reply = await adoptLane(store, 'default', 'producer-2');
    expect(reply).toMatchObject({ kind: 'held', tick });
    const leftMs = reply.kind === 'held' ? reply.leftMs : 0;
    expect(leftMs).toBeGreaterThan(20_000);
    expect(leftMs).toBeLessThanOrEqual(30_000);
    expect(await lane()).toEqual(before);
  });

  it.each(['running', 'ended'])(
    'takes over the %s tick of a holder that is gone',
    async (state) => {
      const { tick } = await openLab(store);
      if (state === 'ended') await end(tick);
      await setLease(0);
      expect(await adoptLane(store, 'default', 'producer-2')).toEqual({ kind: 'adopted', tick });
      expect(await renewLane(store, 'default', 'producer-1')).toBe(false);
      expect(await renewLane(store, 'default', 'producer-2')).toBe(true);
      if (state === 'running') await end(tick);
      expect(await freeLane(store, 'default', tick, 'producer-1')).toBe(false);
      expect(await freeLane(store, 'default', tick, 'producer-2')).toBe(true);
    },
  );

  it('takes over a detached tick at once, and then must collect it', async () => {
    const { tick } = await openLab(store, ['lab1'], { detached: true });
    expect(await adoptLane(store, 'default', 'producer-2')).toEqual({ kind: 'adopted', tick });
    await end(tick);
    await setLease(60_000);
    expect(await openTick(store, labRequest(['lab1']))).toMatchObject({ refusal: 'uncollected' });
  });

  it('gives the holder its own lane again', async () => {
    const { tick } = await openLab(store);
    expect(await adoptLane(store, 'default', 'producer-1')).toEqual({ kind: 'adopted', tick });
  });

  it('gives the lane to one of 20 producers that race for it', async () => {
    const { tick } = await openLab(store);
    await setLease(0);
    const tokens = Array.from({ length: 20 }, (_, index) => `producer-${String(index + 2)}`);
    const replies = await Promise.all(tokens.map((token) => adoptLane(store, 'default', token)));
    const kinds = replies.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'adopted')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'held')).toHaveLength(19);
    expect(await lane()).toMatchObject({ tick, holder: tokens[kinds.indexOf('adopted')] });
  });
});
