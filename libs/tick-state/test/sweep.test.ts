import { keys } from '@muster/protocol';
import { describe, expect, it } from 'vitest';
import {
  awaitClose,
  beginCall,
  beginClosing,
  closeTick,
  DEFAULT_RETENTION,
  dropDeadline,
  dueTicks,
  expiredTicks,
  forgetTick,
  listTicks,
  readManyTickFacts,
  readRetention,
  readTickFacts,
  reportBatch,
  writeRetention,
  type Retention,
} from '../src/index.js';
import { freshStore, redisNow } from './fresh-store.js';
import {
  claim,
  openLab,
  reportOf,
  setPast,
  tokenOf,
  VERDICT_FAILED,
  VERDICT_OK,
} from './lab-tick.js';

const store = freshStore();

const DAY_MS = 24 * 3_600_000;

/** The tick started `ago` milliseconds ago. */
async function startedAgo(tick: string, ago: number): Promise<void> {
  await store.redis.zadd(keys.ticks(store.prefix), (await redisNow(store)) - ago, tick);
}

async function closedTick(lane: string, ago = 0): Promise<string> {
  const { tick } = await openLab(store, ['lab1'], { lane, detached: true });
  await beginClosing(store, tick, 'cancelled');
  await setPast(store, tick, 'closeAt');
  await closeTick(store, tick, 0, VERDICT_FAILED);
  await startedAgo(tick, ago);
  return tick;
}

async function lookIn(tick: string, milliseconds: number): Promise<void> {
  const at = (await redisNow(store)) + milliseconds;
  await store.redis.zadd(keys.deadlines(store.prefix), at, tick);
}

describe('dueTicks', () => {
  it('are those whose time has come, the longest due first', async () => {
    await lookIn('a-1', 0);
    await lookIn('b-1', -2_000);
    await lookIn('c-1', 60_000);
    expect((await dueTicks(store)).ticks).toEqual(['b-1', 'a-1']);
  });

  it('are due by their deadline as soon as they are open', async () => {
    await openLab(store, ['lab1'], { lane: 'long' });
    const { tick } = await openLab(store, ['lab1'], { lane: 'short', deadlineMs: 0 });
    expect((await dueTicks(store)).ticks).toEqual([tick]);
  });

  it('stay due until somebody drops them', async () => {
    await lookIn('a-1', 0);
    await lookIn('b-1', 0);
    await dueTicks(store);
    await dropDeadline(store, 'a-1');
    expect((await dueTicks(store)).ticks).toEqual(['b-1']);
  });

  it('are 100 at most, so that a sweep ends', async () => {
    const due = Array.from({ length: 120 }, (_, index) => [index, `t-${String(index)}`]).flat();
    await store.redis.zadd(keys.deadlines(store.prefix), ...due);
    expect((await dueTicks(store)).ticks).toHaveLength(100);
  });

  it('come with the time to the next one, so that nobody sleeps through it', async () => {
    expect((await dueTicks(store)).nextMs).toBe(Infinity);
    await lookIn('late-1', -5_000);
    await lookIn('far-1', 600_000);
    await lookIn('near-1', 60_000);
    const { nextMs } = await dueTicks(store);
    expect(nextMs).toBeGreaterThan(50_000);
    expect(nextMs).toBeLessThanOrEqual(60_000);
  });
});

describe('awaitClose', () => {
  it('has the tick looked at again at the end of its time', async () => {
    const { tick } = await openLab(store);
    await setPast(store, tick, 'deadlineAt');
    await beginClosing(store, tick, 'deadline');
    await awaitClose(store, tick, 12_345);
    expect(await store.redis.zscore(keys.deadlines(store.prefix), tick)).toBe('12345');
  });

  it('does not bring back a tick that nobody waits for', async () => {
    await awaitClose(store, 'default-1', 12_345);
    expect(await store.redis.keys('*')).toEqual([]);
  });
});

async function expired(retention: Retention): Promise<readonly string[]> {
  return (await expiredTicks(store, retention)).ticks;
}

describe('expiredTicks', () => {
  it('are none while neither count nor age is reached', async () => {
    await closedTick('a', 6 * DAY_MS);
    expect(await expired({ count: 1, ageMs: 7 * DAY_MS })).toEqual([]);
  });

  it('are the oldest beyond the count', async () => {
    const third = await closedTick('c', 1_000);
    const first = await closedTick('a', 3_000);
    const second = await closedTick('b', 2_000);
    const ageMs = DAY_MS;
    expect(await expired({ count: 1, ageMs })).toEqual([first, second]);
    expect(await expired({ count: 2, ageMs })).toEqual([first]);
    expect(await expired({ count: 0, ageMs })).toEqual([first, second, third]);
  });

  it('are those beyond the age', async () => {
    const old = await closedTick('a', 2 * DAY_MS + 1_000);
    await closedTick('b', 2 * DAY_MS - 10_000);
    expect(await expired({ count: 100, ageMs: 2 * DAY_MS })).toEqual([old]);
  });

  it('are never ticks that still run, however old', async () => {
    const open = await openLab(store, ['lab1'], { lane: 'open' });
    const closing = await openLab(store, ['lab1'], { lane: 'closing' });
    await beginClosing(store, closing.tick, 'cancelled');
    await startedAgo(open.tick, 30 * DAY_MS);
    await startedAgo(closing.tick, 30 * DAY_MS);
    const closed = await closedTick('closed', 29 * DAY_MS);
    expect(await expired({ count: 0, ageMs: DAY_MS })).toEqual([closed]);
  });

  it('are not kept by an older one that still runs', async () => {
    // More of them than are looked at in one step.
    const running = Array.from({ length: 120 }, (_, index) => `open-${String(index)}`);
    for (const lane of running) {
      const { tick } = await openLab(store, ['lab1'], { lane });
      await startedAgo(tick, 30 * DAY_MS);
    }
    const closed = await closedTick('closed', 29 * DAY_MS);
    expect(await expired({ count: 1_000, ageMs: DAY_MS })).toEqual([closed]);
    expect(await expired({ count: 0, ageMs: 365 * DAY_MS })).toEqual([closed]);
  });

  it('are not those that a living producer has still to collect', async () => {
    const { tick } = await openLab(store, ['lab1'], { lane: 'mine' });
    await beginClosing(store, tick, 'cancelled');
    await setPast(store, tick, 'closeAt');
    await closeTick(store, tick, 0, VERDICT_FAILED);
    expect(await expired({ count: 0, ageMs: DAY_MS })).toEqual([]);
    await store.redis.hset(keys.lane(store.prefix, 'mine'), 'leaseUntil', await redisNow(store));
    expect(await expired({ count: 0, ageMs: DAY_MS })).toEqual([tick]);
  });

  it('are also those of which nothing is left but the name', async () => {
    await startedAgo('default-1', 8 * DAY_MS);
    expect(await expired({ count: 10, ageMs: 7 * DAY_MS })).toEqual(['default-1']);
  });

  it('are 50 at most, the oldest first', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `t-${String(index)}`);
    const scored = names.flatMap((name, index) => [index + 1, name]);
    await store.redis.zadd(keys.ticks(store.prefix), ...scored);
    const oldest = names.slice(0, 50);
    expect(await expired({ count: 100, ageMs: DAY_MS })).toEqual(oldest);
    expect(await expiredTicks(store, { count: 5, ageMs: 1e15 })).toEqual({
      ticks: oldest,
      more: true,
    });
    expect(await expiredTicks(store, { count: 11, ageMs: 1e15 })).toEqual({
      ticks: names.slice(0, 49),
      more: false,
    });
  });
});

describe('the retention', () => {
  it('is the default until somebody says otherwise, and then what was said last', async () => {
    expect(await readRetention(store)).toEqual(DEFAULT_RETENTION);
    expect(DEFAULT_RETENTION).toEqual({ count: 1_000, ageMs: 7 * DAY_MS });
    await writeRetention(store, { count: 20, ageMs: DAY_MS });
    await writeRetention(store, { count: 30, ageMs: 1 });
    expect(await readRetention(store)).toEqual({ count: 30, ageMs: 1 });
  });
});

describe('forgetTick', () => {
  it('leaves no key of the tick', async () => {
    const lab = await openLab(store, ['lab1']);
    await claim(store, lab, 'lab1');
    const holder = { ...lab, drone: 'lab1', token: tokenOf('host:1', 'lab1') };
    await beginCall(store, holder, { begun: 0 });
    await reportBatch(store, reportOf(lab, 'lab1'));
    const before = await store.redis.keys(`*${lab.tick}*`);
    // All that there can be of a tick, so that a new key is not overlooked here.
    expect(before).toHaveLength(8);
    await forgetTick(store, lab.tick);
    expect(await store.redis.keys(`*${lab.tick}*`)).toEqual([]);
    expect(await listTicks(store)).toEqual([]);
    expect(await readTickFacts(store, lab.tick)).toBeUndefined();
  });

  it('leaves of a closed tick only its lane and the last outcomes', async () => {
    const lab = await openLab(store, ['lab1']);
    await claim(store, lab, 'lab1');
    await reportBatch(store, reportOf(lab, 'lab1'));
    await closeTick(store, lab.tick, 1, VERDICT_OK);
    await forgetTick(store, lab.tick);
    expect((await store.redis.keys('*')).sort()).toEqual([
      keys.lane(store.prefix, 'default'),
      keys.lastOutcomes(store.prefix),
    ]);
  });

  it('leaves the other ticks alone, and may be asked twice', async () => {
    // A name that begins as the other's does.
    const other = await openLab(store, ['lab1'], { lane: 'default-1' });
    const { tick } = await openLab(store, ['lab1']);
    await forgetTick(store, tick);
    await forgetTick(store, tick);
    expect(await listTicks(store)).toEqual([other.tick]);
    expect(await readTickFacts(store, other.tick)).toMatchObject({ state: 'open', size: 1 });
  });
});

describe('listTicks', () => {
  it('has all that are kept, newest first, as many as are asked for', async () => {
    const ticks: string[] = [];
    for (const [index, lane] of ['a', 'b', 'c'].entries()) {
      ticks.push(await closedTick(lane, (3 - index) * 1_000));
    }
    const newestFirst = ticks.toReversed();
    expect(await listTicks(store)).toEqual(newestFirst);
    expect(await listTicks(store, 2)).toEqual(newestFirst.slice(0, 2));
    expect(await listTicks(store, 0)).toEqual([]);
  });
});

describe('readManyTickFacts', () => {
  it('gives those that are there, in the order asked for', async () => {
    const ticks: string[] = [];
    for (const lane of ['a', 'b']) ticks.push((await openLab(store, ['lab1'], { lane })).tick);
    const gone = Array.from({ length: 300 }, (_, index) => `gone-${String(index + 1)}`);
    const facts = await readManyTickFacts(store, ['b-1', ...gone, 'a-1']);
    expect(facts.map(({ tick }) => tick)).toEqual(['b-1', 'a-1']);
    expect(facts[1]).toEqual(await readTickFacts(store, 'a-1'));
  });
});
