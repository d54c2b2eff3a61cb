import { keys } from '@muster/protocol';
import { describe, expect, it } from 'vitest';
import {
  beginClosing,
  closeTick,
  readRecord,
  readTickFacts,
  reportBatch,
  TIMING,
} from '../src/index.js';
import { freshStore, redisNow } from './fresh-store.js';
import {
  claim,
  everythingOf,
  openLab,
  reportOf,
  setPast,
  tokenOf,
  VERDICT_FAILED,
} from './lab-tick.js';

const store = freshStore();

async function nextLook(tick: string): Promise<number> {
  return Number(await store.redis.zscore(keys.deadlines(store.prefix), tick));
}

describe('report', () => {
  it('stores what the holder says, its results, its arrival and its last outcome', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab2');
    await claim(store, lab, 'lab1');
    const bad = {
      outcome: 'call_failed',
      error: { message: 'call 0, exec: exit 1', call: 0 },
    } as const;
    expect(await reportBatch(store, reportOf(lab, 'lab2'))).toBe('accepted');
    expect(await reportBatch(store, reportOf(lab, 'lab1', bad))).toBe('accepted');
    const facts = await readTickFacts(store, lab.tick);
    const drones = facts && (await readRecord(store, facts)).drones;
    expect(drones?.['lab1']).toEqual({
      ...bad,
      warnings: [],
      attempts: 1,
      worker: 'host:1',
      calls: [
        { method: 'exec', status: 'ok', durationMs: 3 },
        { method: 'ping', status: 'ok', durationMs: 1 },
      ],
      timings: { queuedMs: 2, connectMs: 0, runMs: 4 },
      results: [{ exitCode: 0 }, { time: 'lab1' }],
    });
    const { prefix, redis } = store;
    expect(await redis.lrange(keys.arrivals(prefix, lab.tick), 0, -1)).toEqual(['lab2', 'lab1']);
    const last = await redis.hgetall(keys.lastOutcomes(prefix));
    expect(
      Object.entries(last).map(([drone, text]) => [drone, JSON.parse(text) as unknown]),
    ).toEqual(
      expect.arrayContaining([
        ['lab1', { outcome: 'call_failed', tick: lab.tick }],
        ['lab2', { outcome: 'ok', tick: lab.tick }],
      ]),
    );
  });

  it('is taken from nobody but the holder', async () => {
    const lab = await openLab(store);
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('not-holder');
    await claim(store, lab, 'lab2');
    const before = await everythingOf(store, lab.tick);
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('not-holder');
    const asAnother = { ...reportOf(lab, 'lab2'), token: tokenOf('host:2', 'lab2') };
    expect(await reportBatch(store, asAnother)).toBe('not-holder');
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('behaviour 44: is not taken any more from a worker whose batch was taken over', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await claim(store, lab, 'lab1', 'host:2');
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('not-holder');
    const bySecond = { ...reportOf(lab, 'lab1'), token: tokenOf('host:2', 'lab1') };
    expect(await reportBatch(store, bySecond)).toBe('accepted');
  });

  it('behaviour 11: is taken once; a second one for the drone is refused, and changes nothing', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('accepted');
    const before = await everythingOf(store, lab.tick);
    const second = reportOf(lab, 'lab1', { outcome: 'call_failed', error: { message: 'other' } });
    expect(await reportBatch(store, second)).toBe('reported');
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('behaviour 44: is taken once of 10 that are sent at the same time', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => reportBatch(store, reportOf(lab, 'lab1'))),
    );
    expect(replies.filter((reply) => reply === 'accepted')).toHaveLength(1);
    expect(replies.filter((reply) => reply === 'reported')).toHaveLength(9);
    expect(await store.redis.llen(keys.arrivals(store.prefix, lab.tick))).toBe(1);
  });

  it('is taken while the tick is closing', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await beginClosing(store, lab.tick, 'cancelled');
    const report = reportOf(lab, 'lab1', { outcome: 'timed_out' });
    expect(await reportBatch(store, report)).toBe('accepted');
  });

  it('behaviour 45: changes nothing after the tick is closed', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await beginClosing(store, lab.tick, 'cancelled');
    await setPast(store, lab.tick, 'closeAt');
    expect(await closeTick(store, lab.tick, 0, VERDICT_FAILED)).toBe('closed');
    const before = await everythingOf(store, lab.tick);
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('closed');
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('behaviour 45: changes nothing with the epoch of another tick', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    const before = await everythingOf(store, lab.tick);
    const stale = reportOf({ tick: lab.tick, epoch: lab.epoch - 1 }, 'lab1');
    expect(await reportBatch(store, stale)).toBe('stale');
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('leaves nothing of a tick that is gone', async () => {
    const reply = await reportBatch(store, reportOf({ tick: 'default-9', epoch: 9 }, 'lab1'));
    expect(reply).toBe('gone');
    expect(await store.redis.keys('*')).toEqual([]);
  });

  it('pulls the sweep forward when it is the last, and not before', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await claim(store, lab, 'lab2');
    const deadline = await nextLook(lab.tick);
    await reportBatch(store, reportOf(lab, 'lab1'));
    expect(await nextLook(lab.tick)).toBe(deadline);
    const before = await redisNow(store);
    await reportBatch(store, reportOf(lab, 'lab2'));
    const after = await redisNow(store);
    const next = await nextLook(lab.tick);
    expect(next).toBeGreaterThanOrEqual(before + TIMING.settleMs);
    expect(next).toBeLessThanOrEqual(after + TIMING.settleMs);
  });

  it('never pushes the sweep back', async () => {
    const lab = await openLab(store, ['lab1'], { deadlineMs: 1 });
    await claim(store, lab, 'lab1');
    const deadline = await nextLook(lab.tick);
    await reportBatch(store, reportOf(lab, 'lab1'));
    expect(await nextLook(lab.tick)).toBe(deadline);
  });
});
