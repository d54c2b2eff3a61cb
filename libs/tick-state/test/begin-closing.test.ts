import { once } from 'node:events';
import { keys } from '@muster/protocol';
import { closeRedis, duplicateRedis } from '@muster/runtime';
import { describe, expect, it } from 'vitest';
import {
  beginClosing,
  closeTick,
  readControlNotice,
  readTickFacts,
  sayEndLost,
  TIMING,
} from '../src/index.js';
import { freshStore, redisNow } from './fresh-store.js';
import { everythingOf, openLab, setPast, VERDICT_FAILED } from './lab-tick.js';

const store = freshStore();

describe('begin-closing', () => {
  it('comes too early before the deadline, and changes nothing', async () => {
    const { tick } = await openLab(store);
    await setPast(store, tick, 'deadlineAt', -10_000);
    const before = await everythingOf(store, tick);
    expect(await beginClosing(store, tick, 'deadline')).toBe('early');
    expect(await everythingOf(store, tick)).toEqual(before);
  });

  it('counts from the deadline when that was seen in time', async () => {
    const { tick } = await openLab(store);
    await setPast(store, tick, 'deadlineAt');
    const deadlineAt = Number(await store.redis.hget(keys.tick(store.prefix, tick), 'deadlineAt'));
    expect(await beginClosing(store, tick, 'deadline')).toBe('begun');
    const closeAt = (await readTickFacts(store, tick))?.closeAt ?? 0;
    const look = Number(await store.redis.zscore(keys.deadlines(store.prefix), tick));
    expect(closeAt - look).toBe(TIMING.closingMs - TIMING.endLostMs);
    // Only a machine that stood still in between can have seen it too late.
    if ((await redisNow(store)) - deadlineAt <= TIMING.seenInTimeMs)
      expect(closeAt).toBe(deadlineAt + TIMING.closingMs);
  });

  it('counts from now when every combiner was away, and says until when reports are taken', async () => {
    const { tick } = await openLab(store);
    await setPast(store, tick, 'deadlineAt', TIMING.seenInTimeMs + 1);
    const before = await redisNow(store);
    expect(await beginClosing(store, tick, 'deadline')).toBe('begun');
    const after = await redisNow(store);
    const facts = await readTickFacts(store, tick);
    expect(facts).toMatchObject({
      state: 'closing',
      closingReason: 'deadline',
      closingText: '',
      finishedAt: null,
      verdict: null,
    });
    expect(facts?.closeAt).toBeGreaterThanOrEqual(before + TIMING.closingMs);
    expect(facts?.closeAt).toBeLessThanOrEqual(after + TIMING.closingMs);
  });

  it('has combiners look at the tick again when silent workers are due', async () => {
    const { tick } = await openLab(store);
    await beginClosing(store, tick, 'cancelled');
    const closeAt = (await readTickFacts(store, tick))?.closeAt ?? 0;
    const look = Number(await store.redis.zscore(keys.deadlines(store.prefix), tick));
    expect(look - (closeAt - TIMING.closingMs)).toBe(TIMING.endLostMs);
  });

  it('begins at any time when the tick is cancelled, and keeps the reason', async () => {
    const { tick } = await openLab(store);
    expect(await beginClosing(store, tick, 'cancelled', 'wrong rack ✗')).toBe('begun');
    expect(await readTickFacts(store, tick)).toMatchObject({
      state: 'closing',
      closingReason: 'cancelled',
      closingText: 'wrong rack ✗',
    });
  });

  it('begins once: the first reason stays, and the time is not put off', async () => {
    const { tick } = await openLab(store);
    await beginClosing(store, tick, 'cancelled', 'first');
    await setPast(store, tick, 'closeAt');
    await setPast(store, tick, 'deadlineAt');
    const before = await everythingOf(store, tick);
    expect(await beginClosing(store, tick, 'cancelled', 'second')).toBe('closing');
    expect(await beginClosing(store, tick, 'deadline')).toBe('closing');
    expect(await everythingOf(store, tick)).toEqual(before);
  });

  it('changes nothing of a closed tick', async () => {
    const { tick } = await openLab(store);
    await beginClosing(store, tick, 'cancelled');
    await setPast(store, tick, 'closeAt');
    await closeTick(store, tick, 0, VERDICT_FAILED);
    const before = await everythingOf(store, tick);
    expect(await beginClosing(store, tick, 'cancelled', 'late')).toBe('closed');
    expect(await everythingOf(store, tick)).toEqual(before);
  });

  it('leaves nothing of a tick that is gone', async () => {
    expect(await beginClosing(store, 'default-9', 'cancelled')).toBe('gone');
    expect(await store.redis.keys('*')).toEqual([]);
  });

  it('begins for exactly one of 20 combiners that sweep at the same time', async () => {
    const { tick } = await openLab(store);
    await setPast(store, tick, 'deadlineAt');
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => beginClosing(store, tick, 'deadline')),
    );
    expect(replies.filter((reply) => reply === 'begun')).toHaveLength(1);
    expect(replies.filter((reply) => reply === 'closing')).toHaveLength(19);
  });
});

describe('the control channel', () => {
  it('tells every worker, once, that a tick closes and why', async () => {
    const { tick } = await openLab(store);
    const other = await openLab(store, ['lab1'], { lane: 'other' });
    const heard = await hear(2, async () => {
      const text = 'stop: "now"\n';
      expect(await beginClosing(store, tick, 'cancelled', text)).toBe('begun');
      expect(await beginClosing(store, tick, 'cancelled', 'again')).toBe('closing');
      expect(await beginClosing(store, other.tick, 'deadline')).toBe('early');
      await setPast(store, other.tick, 'deadlineAt');
      expect(await beginClosing(store, other.tick, 'deadline')).toBe('begun');
    });
    expect(heard).toEqual([
      { kind: 'closing', tick, reason: 'cancelled', text: 'stop: "now"\n' },
      { kind: 'closing', tick: other.tick, reason: 'deadline', text: '' },
    ]);
  });

  it('tells which worker shall end what silent ones left running', async () => {
    const notice = { tick: 'default-1', drones: { 'host:2': ['lab1', 'lab2'] } };
    expect(await hear(1, () => sayEndLost(store, notice))).toEqual([
      { kind: 'end-lost', ...notice },
    ]);
  });

  it('refuses what is no notice', () => {
    expect(() => readControlNotice('closing')).toThrow(SyntaxError);
  });

  /** The first `count` notices, of what was said while `act` ran. */
  async function hear(count: number, act: () => Promise<void>): Promise<unknown[]> {
    const subscriber = duplicateRedis(store.redis);
    try {
      await subscriber.subscribe(keys.control(store.prefix));
      const notices: unknown[] = [];
      const enough = new Promise<void>((resolve) => {
        subscriber.on('message', (_channel, message) => {
          notices.push(readControlNotice(message));
          if (notices.length === count) resolve();
        });
      });
      await act();
      // Messages come in the order in which they were said: after this one there are no more.
      await enough;
      const last = once(subscriber, 'message');
      await sayEndLost(store, { tick: 'last', drones: {} });
      await last;
      return notices.slice(0, -1);
    } finally {
      await closeRedis(subscriber);
    }
  }
});
