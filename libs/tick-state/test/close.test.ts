import { once } from 'node:events';
import { keys, type Verdict } from '@muster/protocol';
import { closeRedis, duplicateRedis } from '@muster/runtime';
import { describe, expect, it } from 'vitest';
import {
  beginCall,
  beginClosing,
  closeTick,
  readTickFacts,
  reportBatch,
  statusOf,
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
  VERDICT_OK,
  type LabTick,
} from './lab-tick.js';

const store = freshStore();

async function report(lab: LabTick, ...drones: string[]): Promise<void> {
  for (const drone of drones) {
    await claim(store, lab, drone);
    expect(await reportBatch(store, reportOf(lab, drone))).toBe('accepted');
  }
}

describe('close', () => {
  it('closes an open tick once every drone has reported', async () => {
    const lab = await openLab(store);
    await report(lab, 'lab1', 'lab2');
    const before = await redisNow(store);
    expect(await closeTick(store, lab.tick, 2, VERDICT_OK)).toBe('closed');
    const after = await redisNow(store);
    const facts = await readTickFacts(store, lab.tick);
    expect(facts).toMatchObject({ state: 'closed', closingReason: null, verdict: VERDICT_OK });
    expect(facts && statusOf(facts)).toBe('ok');
    expect(facts?.finishedAt).toBeGreaterThanOrEqual(before);
    expect(facts?.finishedAt).toBeLessThanOrEqual(after);
  });

  it('comes too early while a drone of an open tick has not reported, also past its deadline', async () => {
    const lab = await openLab(store);
    await report(lab, 'lab1');
    await setPast(store, lab.tick, 'deadlineAt', 5_000);
    const before = await everythingOf(store, lab.tick);
    expect(await closeTick(store, lab.tick, 1, VERDICT_FAILED)).toBe('early');
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('comes too early while a closing tick waits for its last reports, and changes nothing', async () => {
    const lab = await openLab(store);
    await beginClosing(store, lab.tick, 'cancelled');
    await setPast(store, lab.tick, 'closeAt', -30_000);
    const before = await everythingOf(store, lab.tick);
    expect(await closeTick(store, lab.tick, 0, VERDICT_FAILED)).toBe('early');
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('closes a closing tick before its time once the last report is in', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await claim(store, lab, 'lab2');
    await beginClosing(store, lab.tick, 'cancelled');
    await reportBatch(store, reportOf(lab, 'lab1'));
    await reportBatch(store, reportOf(lab, 'lab2'));
    expect(await closeTick(store, lab.tick, 2, VERDICT_OK)).toBe('closed');
  });

  it('closes a closing tick at the end of its time, whoever is missing', async () => {
    const lab = await openLab(store);
    await beginClosing(store, lab.tick, 'cancelled', 'wrong rack');
    await setPast(store, lab.tick, 'closeAt');
    expect(await closeTick(store, lab.tick, 0, VERDICT_FAILED)).toBe('closed');
    expect(await readTickFacts(store, lab.tick)).toMatchObject({
      state: 'closed',
      closingReason: 'cancelled',
      closingText: 'wrong rack',
      verdict: VERDICT_FAILED,
    });
  });

  it('refuses a verdict that was made before a report came in', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await beginClosing(store, lab.tick, 'cancelled');
    await setPast(store, lab.tick, 'closeAt');
    await reportBatch(store, reportOf(lab, 'lab1'));
    const before = await everythingOf(store, lab.tick);
    expect(await closeTick(store, lab.tick, 0, VERDICT_FAILED)).toBe('changed');
    expect(await everythingOf(store, lab.tick)).toEqual(before);
    expect(await closeTick(store, lab.tick, 1, VERDICT_FAILED)).toBe('closed');
  });

  it('stores one verdict: the second writer changes nothing', async () => {
    const lab = await openLab(store);
    await report(lab, 'lab1', 'lab2');
    expect(await closeTick(store, lab.tick, 2, VERDICT_OK)).toBe('closed');
    const before = await everythingOf(store, lab.tick);
    expect(await closeTick(store, lab.tick, 2, VERDICT_FAILED)).toBe('already');
    expect(await closeTick(store, lab.tick, 0, VERDICT_FAILED)).toBe('already');
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('takes the verdict of exactly one of 20 combiners', async () => {
    const lab = await openLab(store);
    await report(lab, 'lab1', 'lab2');
    const verdicts = Array.from({ length: 20 }, (_, index): Verdict => {
      return { ...VERDICT_FAILED, message: `verdict ${String(index)}` };
    });
    const replies = await Promise.all(
      verdicts.map((verdict) => closeTick(store, lab.tick, 2, verdict)),
    );
    expect(replies.filter((reply) => reply === 'closed')).toHaveLength(1);
    expect(replies.filter((reply) => reply === 'already')).toHaveLength(19);
    const stored = (await readTickFacts(store, lab.tick))?.verdict;
    expect(stored).toEqual(verdicts[replies.indexOf('closed')]);
  });

  it('leaves nothing of a tick that is gone', async () => {
    expect(await closeTick(store, 'default-9', 0, VERDICT_FAILED)).toBe('gone');
    expect(await store.redis.keys('*')).toEqual([]);
  });

  it('drops the claims and the journal, and keeps the rest in 8 keys and one for each drone', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await claim(store, lab, 'lab2');
    const holder = { ...lab, drone: 'lab1', token: tokenOf('host:1', 'lab1') };
    await beginCall(store, holder, { begun: 0 });
    await reportBatch(store, reportOf(lab, 'lab1'));
    await reportBatch(store, reportOf(lab, 'lab2'));
    const { prefix, redis } = store;
    expect(await redis.exists(keys.claims(prefix, lab.tick), keys.journal(prefix, lab.tick))).toBe(
      2,
    );
    await closeTick(store, lab.tick, 2, VERDICT_OK);
    const ofTick = await redis.keys(`${prefix}:tick:*`);
    expect(ofTick.sort()).toEqual(
      [
        keys.tick(prefix, lab.tick),
        keys.arrivals(prefix, lab.tick),
        keys.batches(prefix, lab.tick),
        keys.outputs(prefix, lab.tick),
        keys.reports(prefix, lab.tick),
        keys.roster(prefix, lab.tick),
      ].sort(),
    );
    // The workers' own key is there for all ticks.
    expect(await redis.dbsize()).toBeLessThanOrEqual(2 + 8 + 1);
  });

  it('has a combiner look a little later whether its flow has ended too', async () => {
    const lab = await openLab(store);
    await report(lab, 'lab1', 'lab2');
    await closeTick(store, lab.tick, 2, VERDICT_OK);
    const finishedAt = (await readTickFacts(store, lab.tick))?.finishedAt ?? 0;
    const look = Number(await store.redis.zscore(keys.deadlines(store.prefix), lab.tick));
    expect(look - finishedAt).toBe(1_000);
  });

  it('tells the producer that waits, once it is closed', async () => {
    const lab = await openLab(store);
    const subscriber = duplicateRedis(store.redis);
    try {
      const channel = keys.closedTicks(store.prefix, 'default');
      await subscriber.subscribe(channel);
      const heard = once(subscriber, 'message');
      expect(await closeTick(store, lab.tick, 0, VERDICT_FAILED)).toBe('early');
      await report(lab, 'lab1', 'lab2');
      await closeTick(store, lab.tick, 2, VERDICT_OK);
      expect(await heard).toEqual([channel, lab.tick]);
    } finally {
      await closeRedis(subscriber);
    }
  });
});
